"""
Plain text for people: what comes from records made harmless, durations, times and sizes.

Records come from outside. Nothing of theirs reaches a terminal but through `clean`, `clean_lines`
or `clean_json`. Colours and layout are left to `flightlog.cli.terminal`.
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
    Make text from a record fit for one line of a terminal.

    Everything that could move the cursor, change colours, reorder the line or break it is written
    as an escape, e.g. `\x1b`; letters of every script, and emoji, stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter if _is_harmless(letter) else letter.encode("unicode_escape").decode()
        for letter in text
    )


def clean_lines(text: str) -> list[str]:
    """Make text from a record fit for a terminal, its line breaks and tabs being meant."""
    return [
        clean(line.removesuffix("\r").replace("\t", "    ")) for line in text.rstrip().split("\n")
    ]


def clean_json(text: str) -> str:
    """
    Make JSON fit for a terminal without changing what it says.

    Control characters of the ASCII range are escapes in JSON anyway; the others become so.
    """
    return _NOT_FOR_TERMINALS.sub(lambda found: _json_escape(found[0]), text)


def first_line(text: str) -> str:
    """The first line that says something, cleaned."""
    return next((line for line in clean_lines(text.strip()) if line.strip()), "")


def duration(duration_ms: float) -> str:
    """Say a duration as people do: `3.4 ms`, `840 ms`, `1.2 s`, `3 min 05 s`, `2 h 05 min`."""
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


def ago(moment: str, now: datetime) -> str:
    """
    Say a canonical time relative to now: `just now`, `2 min ago`, `3 d ago`, or the date.

    Args:
        moment: As the record has it.
        now: The present, with a time zone; a date is said in that zone.
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


def exact(moment: str, now: datetime) -> str:
    """Say a canonical time to the millisecond in the zone of `now`: `22 Nov 2026 19:04:11.250`."""
    local = datetime.fromisoformat(moment).astimezone(now.tzinfo)
    return f"{local.day} {local:%b %Y %H:%M:%S}.{local.microsecond // 1000:03} {local:%Z}".strip()


def size(size_bytes: int) -> str:
    """Say a size as people do: `812 bytes`, `5.2 MB`."""
    if size_bytes < _STEP:
        return f"{size_bytes} bytes"
    if size_bytes < _STEP**2:
        return f"{size_bytes / _STEP:.1f} KB"
    return f"{size_bytes / _STEP**2:.1f} MB"


def count(number: int, noun: str) -> str:
    """Say how many: `1 execution`, `12,480 executions`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _is_harmless(letter: str) -> bool:
    return letter.isprintable() or letter in _JOINERS or _SPACES.match(letter) is not None


def _json_escape(letter: str) -> str:
    point = ord(letter)
    if point <= 0xFFFF:  # noqa: PLR2004 - the end of the basic plane
        return f"\\u{point:04x}"
    point -= 0x10000
    return f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"
