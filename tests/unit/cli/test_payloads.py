from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Flightlog = Callable[..., Any]


def test_a_large_payload_is_shortened_and_its_size_said(stored: Callable[..., Any]) -> None:
    """A terminal gets the beginning of 2 MB and a hint to --full, which prints the rest."""
    trigger = {"type": "http", "data": {"lines": ["z" * 500] * 4_000}}
    short, full = stored(trigger=trigger), stored("--full", trigger=trigger)
    assert "more, 1.9 MB in all: --full shows it" in short.out
    assert "(507 characters)" in short.out
    assert len(short.out) < 5_000
    assert full.out.count("z") == 2_000_000


def test_a_payload_nested_900_deep_is_shown(stored: Callable[..., Any]) -> None:
    """A deep payload is shortened like a long payload, and --full prints all levels."""
    deep: Any = 7
    for _ in range(900):
        deep = [deep]
    trigger = {"type": "http", "data": deep}
    assert "--full shows it" in stored(trigger=trigger).out
    assert stored("--full", trigger=trigger).code == 0


def test_half_a_surrogate_is_shown_as_a_replacement(tmp_path: Path, flightlog: Flightlog) -> None:
    """A lone surrogate of a test run is shown as U+FFFD; `--json` keeps its bytes."""
    run = (
        '__CATALYST_EXECUTION_START__{"id":"run-1","workflowId":"w","workflowName":"W",'
        r'"status":"success","startedAt":"2026-11-22","trigger":{"type":"x","data":"a\ud800"}}'
    )
    (tmp_path / "out.txt").write_text(run)
    assert flightlog("import", tmp_path / "out.txt", "--db", tmp_path / "one.db").code == 0
    shown = flightlog("show", "run-1", "--db", tmp_path / "one.db").out
    assert 'trigger x  "a\N{REPLACEMENT CHARACTER}"' in shown
    assert (
        r'"data":"a\ud800"' in flightlog("show", "run-1", "--json", "--db", tmp_path / "one.db").out
    )
