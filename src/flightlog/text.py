"""
Plain text for people: cleaned text from records, durations, times and sizes.

Records come from outside. The text of records reaches a terminal only through `clean`,
`clean_lines` or `clean_json`. `flightlog.cli.terminal` adds colours and layout.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

SECOND_MS: Final = 1_000
MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400

_JOINERS: Final = "\u200c\u200d"
_SPACES: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_STEP: Final = 1024
_NOT_FOR_TERMINALS: Final = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    r"""
    Make text from a record safe for one line of a terminal.

    Characters that could move the cursor, change colours, reorder the line or break the line become
    escapes, e.g. `\x1b`. Letters of every script, and emoji, stay.

    Args:
        text: Any text.

    Returns:
        The safe text.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter if _is_harmless(letter) else letter.encode("unicode_escape").decode()
        for letter in text
    )


def clean_lines(text: str) -> list[str]:
    """
    Make text from a record safe for a terminal, and keep its line breaks.

    Args:
        text: Any text.

    Returns:
        The lines, without line breaks at the end; each tab becomes four spaces.
    """
    return [
        clean(line.removesuffix("\r").replace("\t", "    ")) for line in text.rstrip().split("\n")
    ]


def clean_json(text: str) -> str:
    """
    Make JSON safe for a terminal without a change of its meaning.

    JSON always escapes ASCII control characters in strings. This function escapes the other control
    characters too.

    Args:
        text: JSON.

    Returns:
        The safe JSON.
    """
    return _NOT_FOR_TERMINALS.sub(lambda found: _escape_json(found[0]), text)


def find_first_line(text: str) -> str:
    """
    Find the first line that isn't blank.

    Args:
        text: Any text.

    Returns:
        The line, cleaned; empty when every line is blank.
    """
    return next((line for line in clean_lines(text.strip()) if line.strip()), "")


def format_duration(duration_ms: float) -> str:
    """
    Format a duration: `3.4 ms`, `840 ms`, `1.2 s`, `3 min 05 s`, `2 h 05 min`.

    Args:
        duration_ms: Milliseconds.

    Returns:
        The text.
    """
    if duration_ms < 9.95:  # noqa: PLR2004 - the next digit would round it to 10.0
        return f"{duration_ms:.1f}".removesuffix(".0") + " ms"
    if duration_ms < SECOND_MS - 0.5:
        return f"{duration_ms:.0f} ms"
    seconds = duration_ms / SECOND_MS
    if seconds < MINUTE_S - 0.05:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < HOUR_S:
        return f"{whole // MINUTE_S} min {whole % MINUTE_S:02} s"
    if whole < DAY_S:
        return f"{whole // HOUR_S} h {whole % HOUR_S // MINUTE_S:02} min"
    return f"{whole // DAY_S} d {whole % DAY_S // HOUR_S:02} h"


def format_age(moment: str, now: datetime) -> str:
    """
    Format a canonical time relative to now: `just now`, `2 min ago`, `3 d ago`, or the date.

    Args:
        moment: The time, in the record's form.
        now: The current time, with a time zone; a date is written in that zone.

    Returns:
        The text.
    """
    then = datetime.fromisoformat(moment)
    seconds = (now - then).total_seconds()
    if -1 < seconds < 5:  # noqa: PLR2004 - clocks of two machines, and a reader's "now"
        return "just now"
    for limit, unit_s, unit in (
        (MINUTE_S, 1, "s"),
        (HOUR_S, MINUTE_S, "min"),
        (DAY_S, HOUR_S, "h"),
        (7 * DAY_S, DAY_S, "d"),
    ):
        if abs(seconds) < limit:
            count = int(abs(seconds)) // unit_s
            return f"{count} {unit} ago" if seconds > 0 else f"in {count} {unit}"
    local = then.astimezone(now.tzinfo)
    return f"{local.day} {local:%b}" if local.year == now.year else f"{local.day} {local:%b %Y}"


def format_time(moment: str, now: datetime) -> str:
    """
    Format a canonical time with milliseconds: `22 Nov 2026 19:04:11.250`.

    Args:
        moment: The time, in the record's form.
        now: The current time; its time zone is used.

    Returns:
        The text.
    """
    local = datetime.fromisoformat(moment).astimezone(now.tzinfo)
    return f"{local.day} {local:%b %Y %H:%M:%S}.{local.microsecond // 1000:03} {local:%Z}".strip()


def format_size(size_bytes: int) -> str:
    """
    Format a size: `812 bytes`, `5.2 MB`.

    Args:
        size_bytes: Bytes.

    Returns:
        The text.
    """
    if size_bytes < _STEP:
        return f"{size_bytes} bytes"
    if size_bytes < _STEP**2:
        return f"{size_bytes / _STEP:.1f} KB"
    return f"{size_bytes / _STEP**2:.1f} MB"


def format_count(number: int, noun: str) -> str:
    """
    Format a number with its noun: `1 execution`, `12,480 executions`.

    Args:
        number: The number.
        noun: The noun in the singular.

    Returns:
        The text.
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _is_harmless(letter: str) -> bool:
    return letter.isprintable() or letter in _JOINERS or _SPACES.match(letter) is not None


def _escape_json(letter: str) -> str:
    point = ord(letter)
    if point <= 0xFFFF:  # noqa: PLR2004 - the end of the basic plane
        return f"\\u{point:04x}"
    point -= 0x10000
    return f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"
