"""The conversation with a language model on the terminal: roles, texts and tool calls."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from flightlog.models import ModelCall, Turn
from flightlog.text import clean, clean_lines, format_count

TURNS: Final = 8
LINES: Final = 6
CHARACTERS: Final = 160

_INDENT: Final = "    "


def format_conversation(call: ModelCall, *, full: bool) -> Text:
    """
    Write a conversation below its model and its tokens.

    Args:
        call: The call.
        full: Write every message, however long; otherwise the last messages are kept.

    Returns:
        The text, harmless for terminals.
    """
    tokens = [
        format_count(count, f"{name} token")
        for count, name in ((call.input_tokens, "input"), (call.output_tokens, "output"))
        if count is not None
    ]
    text = Text("conversation", style="bright_black")
    text.append("".join(f" · {clean(part)}" for part in (call.model, *tokens) if part))
    shown = call.turns if full else call.turns[-TURNS:]
    if len(shown) < len(call.turns):
        earlier = format_count(len(call.turns) - len(shown), "earlier message")
        text.append(f"\n  … {earlier}: --full shows all", style="bright_black")
    for turn in shown:
        text.append_text(_format_turn(turn, full=full))
    return text


def _format_turn(turn: Turn, *, full: bool) -> Text:
    lines = clean_lines(turn.text) if turn.text else []
    lines += [f"→ {clean(tool.name)}({clean(tool.arguments)})" for tool in turn.tools]
    kept = lines if full else [_shorten(line) for line in lines[:LINES]]
    text = Text.assemble("\n  ", (clean(turn.role), "cyan"))
    for line in kept:
        text.append(f"\n{_INDENT}{line}", style="default")
    if len(kept) < len(lines):
        more = format_count(len(lines) - len(kept), "more line")
        text.append(f"\n{_INDENT}… {more}: --full shows all", style="bright_black")
    return text


def _shorten(line: str) -> str:
    return line if len(line) <= CHARACTERS else f"{line[: CHARACTERS - 1]}…"
