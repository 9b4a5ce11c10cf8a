"""Makes very many small runs quickly, for long lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from msgspec import Raw

from flightlog.logger import ExecutionLogger
from flightlog.record.model import ExecutionError, NodeExecution, Trigger, WorkflowExecution

_PORTION: Final = 2_000
_STEPS: Final = ("Receive", "Check", "Look up", "Transform", "Store", "Notify")
_INPUT, _OUTPUT = Raw(b'{"amount":4200}'), Raw(b'{"ok":true}')
_TRIGGERS: Final = (
    Trigger(type="httpEndpoint", data=Raw(b'{"orderId":7}')),
    Trigger(type="scheduledTask", data=Raw(b"{}")),
    Trigger(type="webhookReceiver", data=Raw(b'{"event":"paid"}')),
)
_MESSAGES: Final = (
    "card_declined: Your card was declined",
    "No answer within 5,000 ms",
    "Row {} has no price",
    "409 Conflict: order-{} exists",
)


def runs(count: int, newest: datetime, span: timedelta) -> Iterator[WorkflowExecution]:
    """
    Make runs at even intervals that end at `newest`, oldest first.

    Args:
        count: The number of runs.
        newest: The start of the newest run.
        span: The time between the oldest and the newest run.

    Yields:
        A run.
    """
    rng = Random(11)
    step = span / count
    start = newest.astimezone(UTC) - span
    for number in range(count):
        yield run(f"bulk-{number:07d}", start + step * (number + 1), rng)


def run(execution_id: str, began: datetime, rng: Random, workflows: int = 24) -> WorkflowExecution:
    """
    Make a run of one of several workflows.

    Args:
        execution_id: The execution's id.
        began: The start of the run.
        rng: The source of random choices.
        workflows: The number of workflows to choose from.

    Returns:
        The execution.
    """
    workflow = min(int(rng.random() ** 2 * workflows), workflows - 1)
    failed = rng.random() < 0.03
    steps = 2 + workflow % 5
    nodes, at = [], began
    for place in range(steps):
        took_ms = round(rng.expovariate(1 / (20 + 30 * workflow)), 3)
        ended = at + timedelta(milliseconds=took_ms)
        bad = failed and place == steps - 1
        nodes.append(
            NodeExecution(
                node_id=f"step-{place}",
                node_name=_STEPS[place],
                node_type="httpRequest" if place % 2 else "pythonFunction",
                status="error" if bad else "success",
                sequence=place,
                started_at=_text(at),
                completed_at=_text(ended),
                duration_ms=took_ms,
                input=_INPUT,
                output=_OUTPUT,
            )
        )
        at = ended
    error = None
    if failed:
        message = rng.choice(_MESSAGES).format(rng.randrange(10_000))
        error = ExecutionError(
            message=message, type="RuntimeError", kind="exception", node_id=f"step-{steps - 1}"
        )
    return WorkflowExecution(
        id=execution_id,
        workflow_id=f"bulk-{workflow}",
        workflow_name=f"Bulk workflow {workflow}",
        project_id=("shop", "lab", None)[workflow % 3],
        status="error" if failed else "success",
        started_at=_text(began),
        completed_at=_text(at),
        duration_ms=(at - began) / timedelta(milliseconds=1),
        execution_mode="test" if workflow % 7 == 6 else "production",
        trigger=_TRIGGERS[workflow % 3],
        node_executions=tuple(nodes),
        error=error,
    )


def fill(logger: ExecutionLogger, count: int, newest: datetime, span: timedelta) -> None:
    """
    Store a number of runs.

    Args:
        logger: The history.
        count: The number of runs.
        newest: The start of the newest run.
        span: The time between the oldest and the newest run.
    """
    portion: list[WorkflowExecution] = []
    for execution in runs(count, newest, span):
        portion.append(execution)
        if len(portion) == _PORTION:
            logger.log_executions(portion)
            portion = []
    logger.log_executions(portion)


def _text(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"
