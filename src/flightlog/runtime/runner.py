"""
`WorkflowRunner`: runs a workflow for every kind of trigger, and records each execution.

A workflow's definition declares the nodes. The runner holds the recorder, the secrets and the
cache that all executions share.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from flightlog.capture import Execution, Recorder
from flightlog.capture.settings import URL_VARIABLES
from flightlog.errors import TimeLimitError
from flightlog.runtime.cache import Cache
from flightlog.runtime.execution_context import EarlyReturn, Emit, ExecutionContext
from flightlog.runtime.inputs import check_input
from flightlog.runtime.libraries import check_libraries
from flightlog.runtime.run import Run
from flightlog.runtime.secrets import Secrets
from flightlog.runtime.workflow_definition import WorkflowDefinition


class Start(Struct, frozen=True, kw_only=True):
    """The start of an execution."""

    type: str
    """The trigger's type."""
    data: Any
    """The trigger's data, as recorded."""
    input: Any = None
    """The workflow's input."""
    refusal: Exception | None = None
    """Why the start is refused; a refused start is recorded as a failed execution."""
    execution_id: str | None = None
    """The execution's id; generated when None."""
    test: bool = False
    """Whether this is a test run: simulated, and with pinned outputs."""


class Outcome(Struct, frozen=True, kw_only=True):
    """How an execution ended."""

    execution_id: str
    """The execution's id in the history."""
    value: Any = None
    """The execution's result."""
    error: Exception | None = None
    """The error of a failed execution."""
    node_id: str | None = None
    """The id of the node that failed."""


class WorkflowRunner:
    """
    Runs one workflow.

    Args:
        definition: The workflow.
    """

    def __init__(self, definition: WorkflowDefinition) -> None:
        self.definition = definition
        self._cache = Cache()
        self._lock = threading.Lock()
        self._recorder: Recorder | None = None
        self._secrets: Secrets | None = None

    @property
    def recorder(self) -> Recorder:
        """The recorder of the workflow's executions, made at the first use."""
        with self._lock:
            if self._recorder is None:
                self._recorder = self._new_recorder(None)
            return self._recorder

    @recorder.setter
    def recorder(self, recorder: Recorder) -> None:
        with self._lock:
            self._recorder = recorder
            self._secrets = None

    def _new_recorder(self, observer: Callable[[bytes], None] | None) -> Recorder:
        url, port = None, self.definition.receiver_port
        if port is not None and not any(map(os.environ.get, URL_VARIABLES)):
            url = f"http://localhost:{port}"
        return Recorder(self.definition.id, self.definition.name, url=url, observer=observer)

    def observe(self, observer: Callable[[bytes], None]) -> None:
        """
        Pass each message of later executions to an observer.

        Args:
            observer: The observer; see `Recorder`.
        """
        self.recorder = self._new_recorder(observer)

    @property
    def secrets(self) -> Secrets:
        """The workflow's secrets."""
        recorder = self.recorder
        with self._lock:
            if self._secrets is None:
                declared = self.definition.declared_secrets
                self._secrets = Secrets(declared, recorder.register_secret)
            return self._secrets

    async def execute(self, start: Start, emit: Emit | None = None) -> Outcome:
        """
        Run the workflow once, and record the execution.

        Args:
            start: The start of the execution.
            emit: Takes the chunks that an end node streams; None when no client reads the stream.

        Returns:
            How the execution ended; a failure is part of the outcome and not raised.

        Raises:
            CancelledError: The execution was canceled, and is recorded as canceled.
        """
        failure = start.refusal
        recorder = self.recorder
        try:
            check_libraries(self.definition.libraries)
            # Load the secrets first, because the trigger's data may contain one.
            self.secrets.load()
        except Exception as error:  # noqa: BLE001 - recorded, and part of the outcome
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
                value = await self._run(start, recorded, emit, failure)
        except Exception as error:  # noqa: BLE001 - recorded, and part of the outcome
            node_id = recorded.origins.find(error)
            return Outcome(execution_id=recorded.id, error=error, node_id=node_id)
        return Outcome(execution_id=recorded.id, value=value)

    async def _run(
        self, start: Start, recorded: Execution, emit: Emit | None, refusal: Exception | None
    ) -> Any:
        if refusal is not None:
            raise refusal
        definition = self.definition
        given = check_input(start.input, definition.inputs)
        session = ExecutionContext(
            definition, recorded, given, self.secrets, cache=self._cache, test=start.test
        )
        run = Run(session, given, outputs=session.outputs, local={}, emit=emit)
        limit_ms = definition.timeout_ms
        try:
            async with asyncio.timeout(None if limit_ms is None else limit_ms / 1_000) as timeout:
                await run.complete(definition.body)
        except EarlyReturn as early:
            return early.value
        except TimeoutError as error:
            if limit_ms is not None and timeout.expired():
                raise TimeLimitError(f"The workflow {definition.id!r}", limit_ms) from error
            raise
        return run.result()


class Runnable(Protocol):
    """A workflow with its runner, as web applications and schedules take it."""

    @property
    def runner(self) -> WorkflowRunner:
        """The workflow's runner."""
