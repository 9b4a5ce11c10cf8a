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


def test_stats_of_a_query(history: Path, flightlog: Flightlog) -> None:
    """Counts and durations are those of the executions that the query or the filters choose."""
    everything = json.loads(flightlog("stats", "--json", "--db", history).out)
    counted = json.loads(flightlog("stats", "NOT id:zz", "--json", "--db", history).out)
    assert counted == everything
    found = json.loads(flightlog("stats", "output.charged:true", "--json", "--db", history).out)
    assert (found["total"], found["error"]) == (3, 0)
    failed = json.loads(flightlog("stats", "orders", "--failed", "--json", "--db", history).out)
    assert (failed["total"], failed["meanDurationMs"]) == (1, 185_000)
    assert (
        "No workflow has the id or the name 'zz'" in flightlog("stats", "zz", "--db", history).out
    )
