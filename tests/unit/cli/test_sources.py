from __future__ import annotations

from collections.abc import Callable

from support.import_files import END, START, log, tricky_line


def test_a_marker_within_a_payload_is_no_marker(
    found: Callable[[bytes | str], list[str]],
) -> None:
    """A record whose payload has a test run's output is one record, in NDJSON and in a log."""
    inner = tricky_line("a", trigger={"type": "x", "data": log("")})
    assert found(inner + tricky_line("b")) == ["a", "b"]
    assert found(f"INFO: {START}\nINFO: {inner}INFO: {END}\n") == ["a"]


def test_blank_lines_before_a_record_take_no_time(
    found: Callable[[bytes | str], list[str]],
) -> None:
    """Any number of blank lines, with any blanks, is skipped fast."""
    assert found("\n" * 70_000 + tricky_line("a")) == ["a"]
    assert found(" " * 70_000 + "\n" + " \t" * 40_000 + tricky_line("a")) == ["a"]
    assert found("x" * 100_000 + f"{START}\n{tricky_line('a')}{END}\n" + " " * 100_000) == ["a"]
