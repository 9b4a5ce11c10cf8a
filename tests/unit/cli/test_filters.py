from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (("--workflow", "sync"), ["sync-1"]),
        (("Order intake", "--limit", "1"), ["running-1"]),
        (("-w", "ORDER INTAKE", "-n", "1"), ["running-1"]),
        (("--status", "error"), ["failed-1"]),
        (("--failed",), ["failed-1"]),
        (("--status", "crashed"), []),
        (("--since", "2h", "--until", "1h"), ["failed-1"]),
        (("--mode", "test"), ["sync-1"]),
        (("--after", "-2h"), ["sync-1", "running-1", "failed-1"]),
        (("--after", "-2h", "--before", "-1h"), ["failed-1"]),
        (("--before", "2000-01-01"), []),
        (("--oldest", "--limit", "2"), ["good-1", "failed-1"]),
    ],
)
def test_filters_narrow_the_list(
    filters: tuple[str, ...], ids: list[str], history: Path, flightlog: Callable[..., Any]
) -> None:
    """Each filter reaches the query, also relative times."""
    page = json.loads(flightlog("list", "--json", "--db", history, *filters).out)
    assert [execution["id"] for execution in page["executions"]] == ids
