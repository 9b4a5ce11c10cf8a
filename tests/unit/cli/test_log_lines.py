"""Log records of a node on the terminal."""

from __future__ import annotations

import json

import pytest
from msgspec import Raw

from flightlog.cli.log_lines import LINES, log_text


def written(*messages: str) -> Raw:
    """Write log records with these messages."""
    return Raw(
        json.dumps(
            [
                {
                    "time": "2026-11-22T19:04:11.000000Z",
                    "level": "WARNING",
                    "logger": "shop",
                    "message": message,
                }
                for message in messages
            ]
        ).encode()
    )


def test_record_is_one_line_with_level_and_logger() -> None:
    """The first line has the label, and each record has a line."""
    lines = log_text(written("paid", "sent"), full=False).plain.splitlines()
    assert lines[0] == "logs"
    assert [line.split()[1:] for line in lines[1:]] == [
        ["WARNING", "shop:", "paid"],
        ["WARNING", "shop:", "sent"],
    ]


def test_last_of_many_records_are_shown() -> None:
    """The number of the others is shown, and `full` shows all."""
    logs = written(*(f"message {number}" for number in range(LINES + 3)))
    short = log_text(logs, full=False).plain
    assert "3 earlier records: --full shows all" in short
    assert "message 2" not in short.splitlines()[2]
    assert short.count("message") == LINES
    assert log_text(logs, full=True).plain.count("message") == LINES + 3


def test_long_message_is_cut_and_its_further_lines_are_left_out() -> None:
    """One further line is shown, and all of them with `full`."""
    logs = written("x" * 500 + "\nsecond\nthird")
    short, whole = (log_text(logs, full=full).plain for full in (False, True))
    assert "x" * 160 + "…" in short
    assert "second" in short
    assert "third" not in short
    assert "x" * 500 in whole
    assert "third" in whole


@pytest.mark.parametrize("message", ["a\x1b[31mred", "a\u202eb"])
def test_message_cannot_act_on_the_terminal(message: str) -> None:
    """Control characters are shown, not sent."""
    text = log_text(written(message), full=True).plain
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_payload_that_is_no_list_of_records_is_json() -> None:
    """Other clients may have stored anything."""
    assert '"odd"' in log_text(Raw(b'{"odd":1}'), full=True).plain
