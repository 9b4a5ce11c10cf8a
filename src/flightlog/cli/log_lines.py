"""The log records of a node on the terminal, one a line and shortened when there are many."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Raw, Struct
from rich.text import Text

from flightlog.cli.payloads import format_payload
from flightlog.text import clean, clean_lines, format_count

LINES: Final = 12
CHARACTERS: Final = 160
_COLOURS: Final = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


class LogRecord(Struct, frozen=True):
    """One log record as a node execution holds it."""

    time: str
    level: str
    logger: str
    message: str


def log_text(logs: Raw, *, full: bool) -> Text:
    """
    Write log records, one a line with local time, level, logger and message.

    Args:
        logs: The JSON of the list.
        full: Write every record and every line of each message.

    Returns:
        The text; the last records are kept when there are many. A payload that is no such list is
        written as JSON.
    """
    try:
        records = msgspec.json.decode(logs, type=list[LogRecord])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return format_payload("logs", logs, width=CHARACTERS, full=full)
    shown = records if full else records[-LINES:]
    text = Text.assemble(("logs", "bright_black"))
    if len(shown) < len(records):
        earlier = format_count(len(records) - len(shown), "earlier record")
        text.append(f"\n  … {earlier}: --full shows all", style="bright_black")
    for record in shown:
        lines = clean_lines(record.message) or [""]
        first = lines[0] if full or len(lines[0]) <= CHARACTERS else f"{lines[0][:CHARACTERS]}…"
        text.append(f"\n  {_format_time(record.time)} ", style="bright_black")
        text.append(f"{clean(record.level):<8}", style=_COLOURS.get(record.level, ""))
        text.append(f"{clean(record.logger)}: ", style="bright_black").append(first)
        for line in lines[1:] if full else lines[1:2]:
            text.append(f"\n    {line if full else line[:CHARACTERS]}")
    return text


def _format_time(time: str) -> str:
    try:
        return f"{datetime.fromisoformat(time).astimezone():%H:%M:%S}"
    except ValueError:
        return clean(time)
