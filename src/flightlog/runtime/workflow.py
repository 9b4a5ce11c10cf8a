"""`Workflow`: the definition of a workflow, and its ways to run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from flightlog.capture import Recorder
from flightlog.runtime.runner import Outcome, Start, WorkflowRunner
from flightlog.runtime.secrets import Secrets
from flightlog.runtime.workflow_definition import WorkflowDefinition


class Workflow(WorkflowDefinition):
    """
    A workflow: its definition, and what runs it.

    `WorkflowDefinition` describes the arguments. Making a workflow, and importing a module that
    does, opens nothing.
    """

    _runner: WorkflowRunner

    @property
    def runner(self) -> WorkflowRunner:
        """What runs it, made at the first use; all executions share it."""
        # `setdefault` is atomic, so that two threads get the same one.
        made = vars(self).get("_runner") or WorkflowRunner(self)
        return vars(self).setdefault("_runner", made)  # type: ignore[no-any-return]

    @property
    def recorder(self) -> Recorder:
        """The recorder of its executions, made at the first use."""
        return self.runner.recorder

    @recorder.setter
    def recorder(self, recorder: Recorder) -> None:
        self.runner.recorder = recorder

    @property
    def secrets(self) -> Secrets:
        """Its secrets."""
        return self.runner.secrets

    def observe(self, observer: Callable[[bytes], None]) -> None:
        """
        Pass each message of later executions to an observer.

        Args:
            observer: As of `Recorder`.
        """
        self.runner.observe(observer)

    def run(self, input: Any = None, *, test: bool = False) -> Outcome:  # noqa: A002 - the expressions' own word
        """
        Run once, started by hand, and wait for the end.

        Args:
            input: The workflow's input.
            test: Whether it is a test run.

        Returns:
            How it ended; a failure is no exception.
        """
        start = Start(type="manual", data=input, input=input, test=test)
        return asyncio.run(self.runner.execute(start))

    def main(self) -> None:
        """
        Run as a program: once in test mode, else serve.

        In test mode (`CATALYST_EXECUTION_MODE=test`) the trigger's data is read from standard
        input, the record is printed, and the exit code says whether the run succeeded.
        """
        from flightlog.runtime import serving, testmode  # noqa: PLC0415 - a web server

        if testmode.is_asked_for():
            raise SystemExit(testmode.run(self.runner))
        serving.serve(serving.application([self]))
