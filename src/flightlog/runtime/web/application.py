"""The web application of workflows: its routes, start and end, and the process that serves it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Final, NamedTuple

import uvicorn
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime.libraries import check_libraries, load_library
from flightlog.runtime.runner import Runnable, WorkflowRunner
from flightlog.runtime.triggers import (
    PARAMETER,
    HttpEndpoint,
    Manual,
    ScheduledTask,
    WebhookReceiver,
    make_default_path,
    make_editor_paths,
)
from flightlog.runtime.web.endpoint import Endpoint

DRAIN_TIMEOUT_S: Final = 2.0
HEALTH: Final = "/health"
_log: Final = logging.getLogger(__name__)


class _Route(NamedTuple):
    method: str
    path: str
    runner: WorkflowRunner
    as_editor: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The method and the path's form, by which two routes are the same."""
        return (self.method, PARAMETER.sub("{}", self.path))

    @property
    def order(self) -> list[int]:
        """The route's rank: literal parts come first, so that /orders/new isn't /orders/{id}."""
        parts = [PARAMETER.search(part) for part in self.path.split("/")]
        return [0 if part is None else 1 + (part[2] == "path") for part in parts]


def make_application(
    workflows: Sequence[Runnable], cors: Mapping[str, Any] | None = None
) -> FastAPI:
    """
    Make one application for several workflows; see `flightlog.runtime.application`.

    Args:
        workflows: The workflows.
        cors: The web pages that may call the application.

    Returns:
        The application.

    Raises:
        InvalidWorkflowError: Two workflows have the same id, or a trigger can't be served.
        MissingLibraryError: A provider's library isn't installed.
    """
    runners = [workflow.runner for workflow in workflows]
    _check_distinct(runners)
    routes = _distinct(
        route for runner in runners if (route := _make_workflow_route(runner)) is not None
    )

    libraries = {name for runner in runners for name in runner.definition.libraries}
    check_libraries(libraries)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for runner in runners:
            await asyncio.to_thread(getattr, runner, "recorder")
        for name in libraries:
            # Imported by the first request, a library would delay all the others.
            await load_library(name)
        try:
            async with _schedules(runners):
                yield
        finally:
            for runner in runners:
                await asyncio.to_thread(runner.recorder.close, DRAIN_TIMEOUT_S)

    app = FastAPI(
        title="Workflows", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    if cors is not None:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(cors.get("origins", ())),
            allow_methods=list(cors.get("methods", ("GET", "POST"))),
            allow_headers=["*"],
        )
    for route in _add_editor_routes(runners, routes):
        app.add_api_route(
            route.path,
            Endpoint(route.runner, as_editor=route.as_editor).answer,
            methods=[route.method],
            response_model=None,
            name=route.runner.definition.id,
        )
    names = [runner.definition.name for runner in runners]

    async def health() -> dict[str, Any]:
        return {"status": "healthy", "workflow": names[0] if names else None, "workflows": names}

    # A workflow's own route at the same path comes first.
    app.add_api_route(HEALTH, health, methods=["GET"])
    return app


def _add_editor_routes(runners: Sequence[WorkflowRunner], routes: Sequence[_Route]) -> list[_Route]:
    """Add `/workflow/NAME` for each workflow, where the editor serves it whatever its trigger."""
    paths = make_editor_paths(runner.definition.name for runner in runners)
    editor_routes = {
        ("POST", path): _Route("POST", path, runner, as_editor=True)
        for path, runner in zip(paths, runners, strict=True)
    }
    # Clients know the editor's answer at such a path, also where a trigger names the path.
    own = [route for route in routes if route.key not in editor_routes]
    return sorted([*own, *editor_routes.values()], key=lambda route: route.order)


def _make_workflow_route(runner: WorkflowRunner) -> _Route | None:
    workflow = runner.definition
    trigger = workflow.trigger
    if isinstance(trigger, HttpEndpoint):
        return None if trigger.path is None else _Route(trigger.method, trigger.path, runner)
    if isinstance(trigger, WebhookReceiver):
        return _Route("POST", trigger.path or make_default_path(workflow.id, webhook=True), runner)
    if isinstance(trigger, ScheduledTask):
        return None
    if isinstance(trigger, Manual):
        return _Route("POST", make_default_path(workflow.id, webhook=False), runner)
    raise InvalidWorkflowError(
        f"The trigger of {workflow.id!r}, {type(trigger).__name__}, can't be served.",
        hint="Use HttpEndpoint, WebhookReceiver, ScheduledTask or Manual.",
    )


def _check_distinct(runners: Sequence[WorkflowRunner]) -> None:
    ids = [runner.definition.id for runner in runners]
    for workflow_id in ids:
        if ids.count(workflow_id) > 1:
            raise InvalidWorkflowError(
                f"Two workflows have the id {workflow_id!r}.", hint="Give each an id of its own."
            )


def _distinct(routes: Iterable[_Route]) -> list[_Route]:
    taken: dict[tuple[str, str], _Route] = {}
    for route in routes:
        other = taken.setdefault(route.key, route)
        if other is not route:
            # The editor serves each workflow by its name, so both are of use.
            _log.warning(
                "The workflows %r and %r both name %s %s; the first is served there.",
                other.runner.definition.id,
                route.runner.definition.id,
                route.method,
                route.path,
            )
    return list(taken.values())


def _schedules(runners: Sequence[WorkflowRunner]) -> AbstractAsyncContextManager[None]:
    scheduled = [
        runner
        for runner in runners
        if isinstance(runner.definition.trigger, ScheduledTask)
        and runner.definition.trigger.enabled
    ]
    if not scheduled:
        return nullcontext()
    # Import late because only scheduled workflows need the scheduler.
    from flightlog.runtime.schedule import run_schedules  # noqa: PLC0415

    return run_schedules(scheduled)


HOST: Final = "127.0.0.1"
SHUTDOWN_TIMEOUT_S: Final = 5
"""
How long runs may continue after the process is asked to stop; then they are canceled. Process
managers often kill a process after 10 s, and the cancellations must be recorded before.
"""


def serve_forever(app: FastAPI, port: int) -> None:
    """
    Serve an application until the process is stopped; see `flightlog.runtime.serve`.

    Args:
        app: The application.
        port: The port, unless the command line or `PORT` sets another port.
    """
    parser = argparse.ArgumentParser(description=app.title)
    parser.add_argument("--host", default=HOST, help=f"the address to listen on ({HOST})")
    parser.add_argument(
        "--port", type=_port, default=_default_port(port), help="the port to listen on; 0: any"
    )
    asked = parser.parse_args(sys.argv[1:])
    uvicorn.run(app, host=asked.host, port=asked.port, timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S)


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use one from 0 to 65535")
    return port


def _default_port(port: int) -> str:
    # A text default is parsed by argparse like a typed argument.
    named = os.environ.get("PORT", "").strip()
    return named if named.isdigit() else str(port)
