from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Flightlog = Callable[..., Any]


def test_stats_tell_counts_and_durations(history: Path, flightlog: Flightlog) -> None:
    """The command prints a table, or JSON, of all executions or of one workflow."""
    shown = flightlog("stats", "orders", "--db", history).out
    assert shown.splitlines()[0] == "3 executions of orders"
    assert "✕  error" in shown
    assert flightlog("stats", "-w", "order intake", "--db", history).out == shown
    found = json.loads(flightlog("stats", "--json", "--db", history).out)
    assert (found["total"], found["success"], found["error"], found["running"]) == (4, 2, 1, 1)
