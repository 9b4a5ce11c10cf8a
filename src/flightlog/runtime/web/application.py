"""The web application of workflows: its routes, and the work at its start and end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime.runner import Runnable, WorkflowRunner
from flightlog.runtime.triggers import (
    HttpEndpoint,
    Manual,
    ScheduledTask,
    WebhookReceiver,
    path_of_id,
)
from flightlog.runtime.web.endpoint import Endpoint

DRAIN_TIMEOUT_S: Final = 2.0
_PARAMETER: Final = re.compile(r"\{\w+\}")


class _Route(NamedTuple):
    method: str
    path: str
    runner: WorkflowRunner


def new_application(
    workflows: Sequence[Runnable], cors: Mapping[str, Any] | None = None
) -> FastAPI:
    """
    Make one application for several workflows; see `serving.application`.

    Args:
        workflows: The workflows.
        cors: The web pages that may call the application.

    Returns:
        The application.

    Raises:
        InvalidWorkflowError: Two workflows have the same route or id, or a trigger can't be served.
    """
    runners = [workflow.runner for workflow in workflows]
    routes = [route for runner in runners if (route := _workflow_route(runner)) is not None]
    _check_distinct(runners, routes)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for runner in runners:
            await asyncio.to_thread(getattr, runner, "recorder")
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
    # Literal paths come first, so that /orders/new doesn't match /orders/{id}.
    for route in sorted(routes, key=lambda one: [part[:1] == "{" for part in one.path.split("/")]):
        app.add_api_route(
            route.path,
            Endpoint(route.runner).answer,
            methods=[route.method],
            response_model=None,
            name=route.runner.definition.id,
        )
    return app


def _workflow_route(runner: WorkflowRunner) -> _Route | None:
    workflow = runner.definition
    trigger = workflow.trigger
    if isinstance(trigger, HttpEndpoint):
        return _Route(trigger.method, trigger.path, runner)
    if isinstance(trigger, WebhookReceiver):
        return _Route("POST", trigger.path or path_of_id(workflow.id, webhook=True), runner)
    if isinstance(trigger, ScheduledTask):
        return None
    if isinstance(trigger, Manual):
        return _Route("POST", path_of_id(workflow.id, webhook=False), runner)
    raise InvalidWorkflowError(
        f"The trigger of {workflow.id!r}, {type(trigger).__name__}, can't be served.",
        hint="Use HttpEndpoint, WebhookReceiver, ScheduledTask or Manual.",
    )


def _check_distinct(runners: Sequence[WorkflowRunner], routes: Sequence[_Route]) -> None:
    ids = [runner.definition.id for runner in runners]
    for one in ids:
        if ids.count(one) > 1:
            raise InvalidWorkflowError(
                f"Two workflows have the id {one!r}.", hint="Give each an id of its own."
            )
    taken: dict[tuple[str, str], _Route] = {}
    for route in routes:
        key = (route.method, _PARAMETER.sub("{}", route.path))
        other = taken.setdefault(key, route)
        if other is not route:
            first, second = other.runner.definition.id, route.runner.definition.id
            raise InvalidWorkflowError(
                f"The workflows {first!r} and {second!r} are both served "
                f"at {route.method} {route.path}.",
                hint="Give one of them another path or method.",
            )


def _schedules(runners: Sequence[WorkflowRunner]) -> AbstractAsyncContextManager[None]:
    scheduled = [
        runner for runner in runners if isinstance(runner.definition.trigger, ScheduledTask)
    ]
    if not scheduled:
        return nullcontext()
    # Import late because only scheduled workflows need the scheduler.
    from flightlog.runtime.schedule import schedules  # noqa: PLC0415

    return schedules(scheduled)
