"""One execution of a workflow, from what started it to its end, whichever trigger it has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from flightlog.errors import TimeLimitError
from flightlog.runtime.inputs import checked_input
from flightlog.runtime.run import Run
from flightlog.runtime.session import EarlyReturn, Emit, Session

if TYPE_CHECKING:
    from flightlog.capture import Execution
    from flightlog.runtime.workflow import Workflow


class Start(Struct, frozen=True, kw_only=True):
    """What starts an execution."""

    type: str
    """The trigger's type."""
    data: Any
    """What is recorded as the trigger's data."""
    input: Any = None
    """What the workflow is given."""
    refusal: Exception | None = None
    """Why it is refused before it begins; then it is recorded as failed."""
    execution_id: str | None = None
    """The execution's id; made when None."""
    test: bool = False
    """Whether it is a test run: simulated, and with pinned data."""


class Outcome(Struct, frozen=True, kw_only=True):
    """How an execution ended."""

    execution_id: str
    """Its id in the history."""
    value: Any = None
    """Its result."""
    error: Exception | None = None
    """Why it failed."""
    node_id: str | None = None
    """The node that failed."""


async def execute(workflow: Workflow, start: Start, emit: Emit | None = None) -> Outcome:
    """
    Run a workflow once, and record it.

    Args:
        workflow: The workflow.
        start: What started it.
        emit: Takes what an end node streams; None where nobody listens.

    Returns:
        How it ended; a failure is no exception.

    Raises:
        CancelledError: It was cancelled, and is recorded so.
    """
    failure = start.refusal
    recorder = workflow.recorder
    try:
        # Known before anything is recorded, so that none stands in the trigger's data.
        workflow.secrets.load()
    except Exception as error:  # noqa: BLE001 - it is recorded and told
        failure = failure or error
    recorded = recorder.execution(
        trigger={
            "type": start.type,
            "data": start.data,
            "isSimulated": True if start.test else None,
        },
        execution_id=start.execution_id,
        mode="test" if start.test else "production",
    )
    try:
        with recorded:
            value = await _run(workflow, start, recorded, emit, failure)
    except Exception as error:  # noqa: BLE001 - it is recorded and told
        node_id = recorded.origins.find(error)
        return Outcome(execution_id=recorded.id, error=error, node_id=node_id)
    return Outcome(execution_id=recorded.id, value=value)


async def _run(
    workflow: Workflow,
    start: Start,
    recorded: Execution,
    emit: Emit | None,
    refusal: Exception | None,
) -> Any:
    if refusal is not None:
        raise refusal
    given = checked_input(start.input, workflow.inputs)
    session = Session(workflow, recorded, given, workflow.secrets, test=start.test)
    run = Run(session, given, outputs=session.outputs, local={}, emit=emit)
    limit_ms = workflow.timeout_ms
    try:
        async with asyncio.timeout(None if limit_ms is None else limit_ms / 1_000) as timeout:
            await run.complete(workflow.body)
    except EarlyReturn as early:
        return early.value
    except TimeoutError as error:
        if limit_ms is not None and timeout.expired():
            raise TimeLimitError(f"The workflow {workflow.id!r}", limit_ms) from error
        raise
    return run.result()
