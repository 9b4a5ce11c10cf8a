"""Place node executions on the time of their run, and draw each as a bar."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.share.markup import Html, element

WIDTH: Final = 1_000
"""The width of a lane in its own units."""

_THINNEST: Final = 3.0


class Bar(NamedTuple):
    """The time of a node execution within its run."""

    start_ms: float
    """The start, counted from the start of the run."""
    duration_ms: float
    """The duration; 0 if it isn't known."""
    is_estimated: bool
    """Whether the start follows from the order of the nodes, because the record has no time."""


def place_bars(record: WorkflowExecution) -> tuple[list[Bar], float]:
    """
    Place the node executions of a run.

    A node execution without a start follows the node execution before it.

    Args:
        record: The run.

    Returns:
        A bar for each node execution, in the order of the record, and the duration of the whole
        lane in milliseconds.
    """
    bars: list[Bar] = []
    end_ms = 0.0
    for node in record.node_executions:
        start_ms = _measure(record.started_at, node.started_at)
        is_estimated = start_ms is None
        begin_ms = max(0.0, end_ms if start_ms is None else start_ms)
        bars.append(Bar(begin_ms, _find_duration(node), is_estimated))
        end_ms = max(end_ms if start_ms is None else 0.0, begin_ms + bars[-1].duration_ms)
    whole_ms = max((bar.start_ms + bar.duration_ms for bar in bars), default=0.0)
    return bars, max(whole_ms, record.duration_ms or 0.0)


def draw_lane(bar: Bar, whole_ms: float, status: str) -> Html:
    """
    Draw the bar of a node execution.

    Args:
        bar: The bar.
        whole_ms: The duration of the lane.
        status: The status of the node execution, which gives the colour.

    Returns:
        An SVG element without text.
    """
    scale = WIDTH / whole_ms if whole_ms > 0 else 0.0
    width = max(_THINNEST, bar.duration_ms * scale)
    start = min(bar.start_ms * scale, WIDTH - width)
    kind = status if status in {"success", "error", "running"} else "other"
    rectangle = element(
        "rect",
        x=f"{max(0.0, start):.1f}",
        y=0,
        width=f"{min(width, WIDTH):.1f}",
        height=8,
        class_=f"bar {kind}{' about' if bar.is_estimated else ''}",
    )
    box = {"viewBox": f"0 0 {WIDTH} 8", "preserveAspectRatio": "none"}
    return element("svg", rectangle, class_="lane", aria_hidden="true", **box)


def _find_duration(node: NodeExecution) -> float:
    if node.duration_ms is not None:
        return max(0.0, node.duration_ms)
    return max(0.0, _measure(node.started_at, node.completed_at) or 0.0)


def _measure(start: str | None, end: str | None) -> float | None:
    if start is None or end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1_000
