from __future__ import annotations

import json
from pathlib import Path

import pytest

from flightlog.cli.error_groups import draw_sparkline
from flightlog.logger import ExecutionLogger
from support.records import record

from .conftest import Flightlog


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A history of eleven timeouts in two workflows, and one other failure."""
    path = tmp_path / "failing.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions(
            [
                record(
                    f"late-{number}",
                    workflowId=f"w{number % 2}",
                    workflowName=("Orders", "Mails")[number % 2],
                    status="error",
                    startedAt=f"2026-11-22T10:{number:02d}:00Z",
                    error={"message": f"Timeout after {number * 37} ms", "type": "TimeoutError"},
                )
                for number in range(11)
            ]
        )
        logger.log_executions([record("other", status="error", error={"message": "no\x1b[2J"})])
    return path


def test_failures_are_grouped_by_their_pattern(failing: Path, flightlog: Flightlog) -> None:
    """Each group shows how often, its pattern, and its workflows; texts are harmless."""
    ended = flightlog("stats", "--errors", "--db", failing)
    rows = ended.out.splitlines()
    assert ended.code == 0
    assert rows[1].split()[0] == "11"
    assert "TimeoutError: Timeout after ⟨n⟩ ms" in ended.out
    assert "Orders, Mails" in ended.out
    assert "\x1b[2J" not in ended.out
    listed = flightlog("stats", "w1", "--errors", "--db", failing).out
    assert listed.splitlines()[1].split()[0] == "5"
    found = json.loads(flightlog("stats", "--errors", "--json", "--db", failing).out)
    assert [(group["pattern"], group["count"]) for group in found["errors"]] == [
        ("Timeout after ⟨n⟩ ms", 11),
        ("no\x1b[⟨n⟩J", 1),
    ]


def test_no_failures_are_said(history: Path, flightlog: Flightlog) -> None:
    """A history without failures has no table."""
    assert flightlog("stats", "sync", "--errors", "--db", history).out == "No failures.\n"


def test_a_sparkline_has_a_bar_for_each_count() -> None:
    """The largest count is a full bar, and a small one is still visible."""
    assert draw_sparkline((0, 1, 50, 100)) == " ▁▄█"
    assert draw_sparkline(()) == ""
