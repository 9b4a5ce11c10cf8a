"""The web application of workflows: its routes, and what begins and ends with it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime.triggers import (
    HttpEndpoint,
    Manual,
    ScheduledTask,
    WebhookReceiver,
    path_of_id,
)
from flightlog.runtime.web.endpoint import Endpoint

if TYPE_CHECKING:
    from flightlog.runtime.workflow import Workflow

DRAIN_TIMEOUT_S: Final = 2.0
_PARAMETER: Final = re.compile(r"\{\w+\}")


class _Route(NamedTuple):
    method: str
    path: str
    workflow: Workflow


def new_application(
    workflows: Sequence[Workflow], cors: Mapping[str, Any] | None = None
) -> FastAPI:
    """
    Make one application of workflows; `serving.application` says more.

    Raises:
        InvalidWorkflowError: Two workflows have one route or one id, or one can't be served.
    """
    routes = [route for workflow in workflows if (route := _route_of(workflow)) is not None]
    _check_distinct(workflows, routes)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for workflow in workflows:
            await asyncio.to_thread(getattr, workflow, "recorder")
        try:
            async with _schedules(workflows):
                yield
        finally:
            for workflow in workflows:
                await asyncio.to_thread(workflow.recorder.close, DRAIN_TIMEOUT_S)

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
    # Names before parameters, so that /orders/new is not taken for an order.
    for route in sorted(routes, key=lambda one: [part[:1] == "{" for part in one.path.split("/")]):
        app.add_api_route(
            route.path,
            Endpoint(route.workflow).answer,
            methods=[route.method],
            response_model=None,
            name=route.workflow.id,
        )
    return app


def _route_of(workflow: Workflow) -> _Route | None:
    trigger = workflow.trigger
    if isinstance(trigger, HttpEndpoint):
        return _Route(trigger.method, trigger.path, workflow)
    if isinstance(trigger, WebhookReceiver):
        return _Route("POST", trigger.path or path_of_id(workflow.id, webhook=True), workflow)
    if isinstance(trigger, ScheduledTask):
        return None
    if isinstance(trigger, Manual):
        return _Route("POST", path_of_id(workflow.id, webhook=False), workflow)
    raise InvalidWorkflowError(
        f"The trigger of {workflow.id!r}, {type(trigger).__name__}, can't be served.",
        hint="Use HttpEndpoint, WebhookReceiver, ScheduledTask or Manual.",
    )


def _check_distinct(workflows: Sequence[Workflow], routes: Sequence[_Route]) -> None:
    ids = [workflow.id for workflow in workflows]
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
            raise InvalidWorkflowError(
                f"The workflows {other.workflow.id!r} and {route.workflow.id!r} are both served "
                f"at {route.method} {route.path}.",
                hint="Give one of them another path or method.",
            )


def _schedules(workflows: Sequence[Workflow]) -> AbstractAsyncContextManager[None]:
    scheduled = [one for one in workflows if isinstance(one.trigger, ScheduledTask)]
    if not scheduled:
        return nullcontext()
    # Imported late, since only scheduled workflows need the scheduler.
    from flightlog.runtime.schedule import schedules  # noqa: PLC0415

    return schedules(scheduled)
