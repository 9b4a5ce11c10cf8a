from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.import_files import END, START, log, tricky_line, tricky_record

PREFIXES = {
    "github": "2026-11-22T19:04:1{n}.123456{n}Z ",
    "github-cli": "test\tRun tests\t2026-11-22T19:04:1{n}.1234567Z ",
    "compose": "svc-1  | ",
    "compose-times": "svc-1  | 2026-11-22T19:04:1{n}.99{n}Z ",
    "logging": "INFO:root:",
    "asctime": "2026-11-22 19:04:1{n},12{n} - app.runner - INFO - ",
    "celery": "[2026-11-22 19:04:1{n},123: INFO/ForkPoolWorker-{n}] ",
    "journald": "Nov 22 19:04:1{n} host unit[123{n}]: ",
    "kubectl": "[pod/app-7d4b9-x/main] ",
    "bracket-level": "[INFO] ",
    "loguru": "2026-11-22 19:04:1{n}.123 | INFO     | __main__:<module>:{n} - ",
    "indent": "    ",
    "none": "",
}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("form", [{}, {"end": "\r\n"}, {"colour": True}, {"pretty": True}], ids=str)
def test_a_test_run_is_found_behind_any_prefix(
    prefix: str, form: dict[str, Any], found: Callable[[bytes | str], list[str]]
) -> None:
    """Timestamps, service names, levels and colours are removed from the record's lines."""
    assert found(log(PREFIXES[prefix], **form)) == ["a", "b"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_records_behind_a_prefix_are_read(
    prefix: str, found: Callable[[bytes | str], list[str]]
) -> None:
    """A log with one record a line is read behind any prefix, with colours and other lines."""
    lines = (
        [tricky_line("a"), "GET / 200\n", tricky_line("b")]
        if PREFIXES[prefix].strip()
        else [tricky_line("a"), tricky_line("b")]
    )
    logged = [
        PREFIXES[prefix].replace("{n}", str(number)) + text for number, text in enumerate(lines)
    ]
    assert found("".join(logged)) == ["a", "b"]
    assert found("".join(f"\x1b[2m{text[:-1]}\x1b[0m\n" for text in logged)) == ["a", "b"]


def test_damaged_record_behind_a_prefix_is_refused(
    refused: Callable[[bytes | str], tuple[list[str], str]],
) -> None:
    """A damaged record in a log is refused with its line; the others are read."""
    damaged = tricky_line("x").replace('"status":', '"status"')
    names, reasons = refused(
        "".join("INFO: " + text for text in (tricky_line("a"), damaged, tricky_line("b")))
    )
    assert names == ["a", "b"]
    assert reasons.startswith("line 2")


@pytest.mark.parametrize(
    "content",
    [
        f"INFO:root:{START}\n{tricky_line('a')}{END}\nINFO:root:{START}\n{tricky_line('b')}{END}\n",
        "db-1   | noise\napp-1  | ".join(["", f"{START}\n", f"{tricky_line('a')}", f"{END}\n"])
        + f"app-1  | {START}\napp-1  | {tricky_line('b')}db-1   | {{\napp-1  | {END}\n",
        f"{START}{tricky_line('a').strip()}{END}{START}{tricky_line('b').strip()}{END}",
        (
            f"a-1 | INFO:root:{START}\na-1 | {tricky_line('a')}a-1 | {END}\n"
            f"{START}\n{tricky_line('b')}{END}\n"
        ),
        f"x {START}{tricky_line('a').strip()}{END}\nx {START} {tricky_line('b').strip()} {END}\n",
        f"{START}\n{tricky_line('a')}{END}\n{START}\n{tricky_line('b')}",
        f"\x1b[1m{START}\x1b[0m\n\x1b]8;;http://x\x07{tricky_line('a')}{END}\n{START}{tricky_line('b')}",
    ],
    ids=[
        "one-logging-call",
        "interleaved",
        "inline",
        "two-prefixes",
        "inline-prefix",
        "no-end",
        "links",
    ],
)
def test_blocks_of_test_runs_in_odd_places_are_read(
    content: str, found: Callable[[bytes | str], list[str]]
) -> None:
    """A multi-line message, other services' lines in between, and one long line are read."""
    assert found(content) == ["a", "b"]


@pytest.mark.parametrize("width", [30, 80, 200])
@pytest.mark.parametrize("prefix", ["", "svc-1  | "])
def test_a_record_that_a_console_folded_is_read(
    width: int, prefix: str, found: Callable[[bytes | str], list[str]]
) -> None:
    """Lines that a console folded are joined, also within a string."""
    text = json.dumps(tricky_record("a"))
    pieces = [text[place : place + width] for place in range(0, len(text), width)]
    assert found("\n".join(prefix + piece for piece in (START, *pieces, END))) == ["a"]
