from __future__ import annotations

import pytest

from flightlog.share.timeline import Bar, draw_lane, place_bars
from support.records import record


def make_node(name: str, **fields: object) -> dict[str, object]:
    """Make a node execution."""
    return {"nodeId": name, "nodeName": name, "nodeType": "t", "status": "success", **fields}


def test_nodes_are_placed_by_their_times() -> None:
    """The start counts from the start of the run, and a missing duration follows from the times."""
    run = record(
        durationMs=2000,
        nodeExecutions=[
            make_node("a", startedAt="2026-11-22T19:04:11.5Z", durationMs=250),
            make_node("b", startedAt="2026-11-22T19:04:12Z", completedAt="2026-11-22T19:04:12.75Z"),
        ],
    )
    assert place_bars(run) == ([Bar(500, 250, False), Bar(1000, 750, False)], 2000)


def test_nodes_without_times_follow_one_another() -> None:
    """Without starts, the sequence and the durations place the nodes."""
    run = record(
        durationMs=None,
        completedAt=None,
        nodeExecutions=[
            make_node("a", durationMs=100),
            make_node("b", durationMs=50),
            make_node("c"),
        ],
    )
    assert place_bars(run) == ([Bar(0, 100, True), Bar(100, 50, True), Bar(150, 0, True)], 150)


@pytest.mark.parametrize(
    ("bar", "x", "width"),
    [
        (Bar(0, 500, False), "0.0", "500.0"),
        (Bar(0, 0, False), "0.0", "3.0"),
        (Bar(1000, 0, False), "997.0", "3.0"),
        (Bar(0, 5000, False), "0.0", "1000.0"),
    ],
)
def test_bars_stay_within_the_lane(bar: Bar, x: str, width: str) -> None:
    """No bar is thinner than three units or ends outside of its lane."""
    drawn = draw_lane(bar, 1000, "success")
    assert f'x="{x}"' in drawn
    assert f'width="{width}"' in drawn
    assert "about" in draw_lane(Bar(0, 1, True), 1000, "error")
    assert draw_lane(Bar(0, 0, False), 0, "success").count("<rect") == 1
