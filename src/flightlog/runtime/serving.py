"""Serves workflows as a web application and as a process; `runtime.web` does the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from flightlog.runtime.runner import Runnable


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
