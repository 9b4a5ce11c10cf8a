"""The conversation with a language model, as a part of a node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flightlog.models import ModelCall, Turn
from flightlog.redaction import Redactor
from flightlog.share.markup import Html, element
from flightlog.share.values import Space, show_text
from flightlog.text import format_count

_ROLES: Final = frozenset({"system", "user", "assistant", "tool"})


def show_conversation(call: ModelCall, redactor: Redactor, space: Space) -> Html:
    """
    Show a conversation: its model and tokens, and each message with its role and tool calls.

    The texts are redacted once more, because a secret may be spread over the chunks of a stream,
    and is whole only in the joined message.

    Args:
        call: The call.
        redactor: Removes secrets.
        space: The limit of the page; messages that don't fit are counted.

    Returns:
        The markup.
    """
    facts = [call.model or "", *_list_tokens(call)]
    heading = element("h3", " · ".join(part for part in ("Conversation", *facts) if part))
    return element("div", heading, list(_show_turns(call, redactor, space)), class_="payload")


def _list_tokens(call: ModelCall) -> Iterator[str]:
    for count, name in ((call.input_tokens, "input"), (call.output_tokens, "output")):
        if count is not None:
            yield format_count(count, f"{name} token")


def _show_turns(call: ModelCall, redactor: Redactor, space: Space) -> Iterator[Html]:
    for place, turn in enumerate(call.turns):
        if space.left <= 0:
            rest = format_count(len(call.turns) - place, "message")
            yield element("p", f"{rest} more, not in this file", class_="cut")
            return
        yield _show_turn(turn, redactor, space)


def _show_turn(turn: Turn, redactor: Redactor, space: Space) -> Html:
    role = turn.role if turn.role in _ROLES else "other"
    parts = [element("b", redactor.text(turn.role))]
    if turn.text:
        parts.append(element("pre", show_text(redactor.text(turn.text), space)))
    for tool in turn.tools:
        used = redactor.text(f"{tool.name}({tool.arguments})")
        parts.append(element("pre", "→ ", show_text(used, space)))
    return element("div", parts, class_=f"turn {role}")
