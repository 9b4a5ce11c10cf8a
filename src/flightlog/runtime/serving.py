"""Workflows as a web application, and its process: address, port, `--host` and `--port`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from flightlog.runtime.runner import Runnable


def application(workflows: Sequence[Runnable], cors: Mapping[str, Any] | None = None) -> FastAPI:
    """
    Make one web application of workflows.

    Args:
        workflows: The workflows.
        cors: `{"origins": […], "methods": […]}`: who may call it from a web page.

    Returns:
        An ASGI application; its lifespan starts schedules, and delivers what is left at the end.

    Raises:
        InvalidWorkflowError: Two workflows have one route, or a trigger can't be served.
    """
    from flightlog.runtime.web.application import new_application  # noqa: PLC0415

    return new_application(workflows, cors)


def serve(app: FastAPI, *, port: int = 8000) -> None:
    """
    Serve an application until it is stopped; reads `--host` and `--port` of the command line.

    Args:
        app: The application.
        port: Where to listen, unless `--port` or the environment's `PORT` says otherwise.
    """
    from flightlog.runtime.web.process import serve_forever  # noqa: PLC0415

    serve_forever(app, port)
