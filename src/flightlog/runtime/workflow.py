"""`Workflow`: the definition of a workflow, with the methods that run it, and serving several."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flightlog.capture import Recorder
from flightlog.errors import MissingLibraryError
from flightlog.runtime.runner import Outcome, Runnable, Start, WorkflowRunner
from flightlog.runtime.secrets import Secrets
from flightlog.runtime.workflow_definition import WorkflowDefinition

if TYPE_CHECKING:
    from fastapi import FastAPI


class Workflow(WorkflowDefinition):
    """
    A workflow: its definition, and the methods that run it.

    `WorkflowDefinition` describes the arguments. Neither creating a workflow nor importing its
    module opens a file or a connection.
    """

    _runner: WorkflowRunner

    @property
    def runner(self) -> WorkflowRunner:
        """The workflow's runner, made at the first use; all executions share the runner."""
        # `setdefault` is atomic, so two threads get the same runner.
        made = vars(self).get("_runner") or WorkflowRunner(self)
        return vars(self).setdefault("_runner", made)  # type: ignore[no-any-return]

    @property
    def recorder(self) -> Recorder:
        """The recorder of the workflow's executions, made at the first use."""
        return self.runner.recorder

    @recorder.setter
    def recorder(self, recorder: Recorder) -> None:
        self.runner.recorder = recorder

    @property
    def secrets(self) -> Secrets:
        """The workflow's secrets."""
        return self.runner.secrets

    def observe(self, observer: Callable[[bytes], None]) -> None:
        """
        Pass each message of later executions to an observer.

        Args:
            observer: The observer; see `Recorder`.
        """
        self.runner.observe(observer)

    def run(self, input: Any = None, *, test: bool = False) -> Outcome:  # noqa: A002 - the expressions' own word
        """
        Run the workflow once with a manual start, and wait for its end.

        Args:
            input: The workflow's input.
            test: Whether this is a test run.

        Returns:
            How the execution ended; a failure is part of the outcome and not raised.
        """
        start = Start(type="manual", data=input, input=input, test=test)
        return asyncio.run(self.runner.execute(start))

    def main(self) -> None:
        """
        Run the workflow as a program: once in test mode, otherwise as a server.

        In test mode (`CATALYST_EXECUTION_MODE=test`) the program reads the trigger's data from
        standard input and prints the record, which says how the run ended.

        Raises:
            SystemExit: The test run has ended, or a library is missing.
        """
        from flightlog.runtime import testmode  # noqa: PLC0415 - a web server

        if testmode.is_requested():
            raise SystemExit(testmode.run(self.runner))
        try:
            app = application([self])
        except MissingLibraryError as error:
            raise SystemExit(str(error)) from None
        serve(app)


def application(workflows: Sequence[Runnable], cors: Mapping[str, Any] | None = None) -> FastAPI:
    """
    Make one web application for several workflows.

    Args:
        workflows: The workflows.
        cors: `{"origins": […], "methods": […]}`: the web pages that may call the application.

    Returns:
        An ASGI application. Its lifespan starts the schedules, and delivers the remaining messages
        at its end.

    Raises:
        InvalidWorkflowError: Two workflows have the same id, or a trigger can't be served.
        MissingLibraryError: A provider's library isn't installed.
    """
    from flightlog.runtime.web.application import make_application  # noqa: PLC0415

    return make_application(workflows, cors)


def serve(app: FastAPI, *, port: int = 8000) -> None:
    """
    Serve an application until the process is stopped.

    The command line's `--host` and `--port` set the address.

    Args:
        app: The application.
        port: The port, unless `--port` or the environment variable `PORT` sets another port.
    """
    from flightlog.runtime.web.application import serve_forever  # noqa: PLC0415

    serve_forever(app, port)
