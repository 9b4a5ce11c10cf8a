from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from flightlog import text

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x1b]8;;http://evil\x07x", r"\x1b]8;;http://evil\x07x"),
        ("one\ntwo\rthree", r"one\ntwo\rthree"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\x9b2J", r"\x9b2J"),
        ("\u2028", r"\u2028"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("\x00", r"\x00"),
    ],
)
def test_clean_shows_what_a_terminal_would_obey_as_an_escape(hostile: str, shown: str) -> None:
    """No control, reordering, line-breaking or unprintable character remains."""
    assert text.clean(hostile) == shown


@pytest.mark.parametrize(
    "harmless", ["Grüße 李 [red]x[/red]", "👨\u200d👩\u200d👧", "a\u00a0b", ":boom:"]
)
def test_clean_leaves_letters_of_every_script_alone(harmless: str) -> None:
    """Harmless text stays unchanged, also rich's markup."""
    assert text.clean(harmless) == harmless


def test_clean_json_says_the_same_without_what_a_terminal_would_obey() -> None:
    """C1 controls, reordering marks and tags become JSON escapes of equal value."""
    hostile = json.dumps({"a": "\x9b\u202e\U000e0041 ü\x7f"}, ensure_ascii=False)
    shown = text.clean_json(hostile)
    assert json.loads(shown) == json.loads(hostile)
    assert all(letter.isprintable() for letter in shown)


def test_clean_lines_keeps_line_breaks_and_tabs_but_nothing_else() -> None:
    """A stack keeps its layout, and its escape sequences are escaped."""
    assert text.clean_lines("a\r\n\tb\x1b[0m\n\n") == ["a", r"    b\x1b[0m"]


@pytest.mark.parametrize(
    ("duration_ms", "words"),
    [
        (0, "0 ms"),
        (0.04, "0 ms"),
        (3.42, "3.4 ms"),
        (9.96, "10 ms"),
        (840, "840 ms"),
        (999.6, "1.0 s"),
        (1_240, "1.2 s"),
        (59_960, "1 min 00 s"),
        (185_000, "3 min 05 s"),
        (3_599_600, "1 h 00 min"),
        (7_500_000, "2 h 05 min"),
        (90_000_000, "1 d 01 h"),
    ],
)
def test_a_duration_is_said_as_people_say_it(duration_ms: float, words: str) -> None:
    """Each unit begins where the smaller unit would round up to it."""
    assert text.format_duration(duration_ms) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-22T18:59:58Z", "just now"),
        ("2026-11-22T18:59:20Z", "40 s ago"),
        ("2026-11-22T18:58:00Z", "2 min ago"),
        ("2026-11-22T16:00:00Z", "3 h ago"),
        ("2026-11-19T19:00:00Z", "3 d ago"),
        ("2026-11-22T19:05:00Z", "in 5 min"),
        ("2026-10-01T19:00:00Z", "1 Oct"),
        ("2025-10-01T19:00:00Z", "1 Oct 2025"),
    ],
)
def test_a_moment_is_said_relative_to_now_while_that_helps(moment: str, words: str) -> None:
    """Times within a week are relative, older times are dates; a future time is shown as future."""
    assert text.format_age(moment, NOW) == words


def test_an_exact_moment_is_said_in_the_readers_zone_to_the_millisecond() -> None:
    """The time zone of `now` is used."""
    assert text.format_time("2026-11-22T19:04:11.250999Z", NOW) == "22 Nov 2026 19:04:11.250 UTC"


@pytest.mark.parametrize(
    ("size_bytes", "words"), [(812, "812 bytes"), (2_048, "2.0 KB"), (5_452_595, "5.2 MB")]
)
def test_a_size_is_said_as_people_say_it(size_bytes: int, words: str) -> None:
    """Bytes are exact, and larger units have one digit."""
    assert text.format_size(size_bytes) == words
