"""`WorkflowDefinition`: a workflow's trigger, inputs, nodes and steps, as declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar, Unpack

from msgspec.structs import replace

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime.definition import (
    Attempts,
    Backoff,
    Definition,
    Failure,
    GroupFunction,
    LoopDefinition,
    NodeDefinition,
    NodeFunction,
    Options,
    ParallelDefinition,
    ParallelMode,
)
from flightlog.runtime.inputs import InputOptions
from flightlog.runtime.secrets import Secret
from flightlog.runtime.triggers import Manual, Trigger

N = TypeVar("N", bound=NodeFunction)
G = TypeVar("G", bound=GroupFunction)
F = TypeVar("F", bound=Callable[..., Any])


class WorkflowDefinition:
    """
    A workflow: what starts it, what it is given, its nodes and its steps.

    Making one, and importing a module that does, opens nothing.

    Args:
        id: Its id.
        name: Its name for people.
        trigger: What starts it.
        inputs: `{name: {"type": …, "required": …, "default": …}}`.
        secrets: Names of variables of the environment; a bare name is required.
        global_variables: What expressions find as `global`.
        timeout_ms: How long a run may take, milliseconds; None is for ever.
        retries: How many further attempts a failed node has, unless it says otherwise.
        retry_delay_ms: The wait after its first failed attempt.
        retry_backoff: How that wait grows.
        output: `{"type": "json"}`, or `{"type": "stream", "format": "sse" or "ndjson"}`.
        receiver_port: Where on this machine records go, when the environment names no place.
    """

    def __init__(
        self,
        id: str,  # noqa: A002 - the record's own word
        name: str,
        *,
        trigger: Trigger | None = None,
        inputs: InputOptions | None = None,
        secrets: Collection[str | Secret] = (),
        global_variables: Mapping[str, Any] | None = None,
        timeout_ms: float | None = None,
        retries: int = 0,
        retry_delay_ms: float = 1_000,
        retry_backoff: Backoff = "exponential",
        output: Mapping[str, Any] | None = None,
        receiver_port: int | None = None,
    ) -> None:
        self.id = id
        self.name = name
        self.trigger = trigger or Manual()
        self.inputs = inputs or {}
        self.global_variables = global_variables or {}
        self.timeout_ms = timeout_ms
        self.output = output or {"type": "json"}
        self._attempts = Attempts(
            retries=retries, retry_delay_ms=retry_delay_ms, retry_backoff=retry_backoff
        )
        self.declared_secrets = secrets
        self.receiver_port = receiver_port
        self._definitions: dict[Callable[..., Any], Definition] = {}
        self._body: GroupFunction | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id!r}>"

    def node(
        self,
        id: str,  # noqa: A002 - the record's own word
        name: str,
        type: str,  # noqa: A002 - the record's own word
        **options: Unpack[Options],
    ) -> Callable[[N], N]:
        """
        Make a function a node: `async def charge(node): …`.

        Args:
            id: Its id in the workflow.
            name: Its name for people.
            type: The manifest's type, e.g. `httpRequest`.
            options: How it is tried, and what follows when it fails.

        Raises:
            InvalidWorkflowError: The workflow has that node already.
        """
        retries = self._attempts.retries
        told = {"id": id, "name": name, "type": type, **self._told(options, retries)}
        return self._adding(lambda function: NodeDefinition(**told, function=function))

    def loop(
        self,
        id: str,  # noqa: A002 - the record's own word
        name: str,
        *,
        items: Any,
        max_concurrency: int = 1,
        **options: Unpack[Options],
    ) -> Callable[[G], G]:
        """
        Make a function of steps a loop: they run once for each item.

        Args:
            id: Its id in the workflow.
            name: Its name for people.
            items: A list, or the expression of one.
            max_concurrency: How many items at a time.
            options: As of `node`, for all items together.

        Raises:
            InvalidWorkflowError: The workflow has that node already.
        """
        told = {"id": id, "name": name, "type": "loop", **self._told(options)}
        return self._adding(
            lambda function: LoopDefinition(
                **told, function=function, items=items, max_concurrency=max_concurrency
            )
        )

    def parallel(
        self,
        id: str,  # noqa: A002 - the record's own word
        name: str,
        *,
        mode: ParallelMode = "all",
        **options: Unpack[Options],
    ) -> Callable[[G], G]:
        """
        Make a function of steps a parallel: they run side by side.

        Args:
            id: Its id in the workflow.
            name: Its name for people.
            mode: `all`: all must succeed. `race`: the first that succeeds. `allSettled`: any end.
            options: As of `node`, for all children together.

        Raises:
            InvalidWorkflowError: The workflow has that node already.
        """
        told = {"id": id, "name": name, "type": "parallel", **self._told(options)}
        return self._adding(
            lambda function: ParallelDefinition(**told, function=function, mode=mode)
        )

    def _told(self, options: Options, retries: int = 0) -> dict[str, Any]:
        told: dict[str, Any] = dict(options)
        attempts = {name: told.pop(name, None) for name in Attempts.__struct_fields__}
        given = {name: value for name, value in attempts.items() if value is not None}
        failure = {name: told.pop(name) for name in Failure.__struct_fields__ if name in told}
        return {
            "attempts": replace(self._attempts, **{"retries": retries, **given}),
            "failure": Failure(**failure),
            **told,
        }

    def _adding(self, define: Callable[[Any], Definition]) -> Callable[[F], F]:
        def decorate(function: F) -> F:
            definition = define(function)
            if definition.id in self.node_ids:
                raise InvalidWorkflowError(
                    f"The workflow {self.id!r} has two nodes {definition.id!r}.",
                    hint="Give each an id of its own.",
                )
            self._definitions[function] = definition
            return function

        return decorate

    def steps(self, function: G) -> G:
        """Make a function the workflow's steps: `async def order_intake(run): …`."""
        self._body = function
        return function

    @property
    def body(self) -> GroupFunction:
        """
        The workflow's steps.

        Raises:
            InvalidWorkflowError: It has none.
        """
        if self._body is None:
            raise InvalidWorkflowError(
                f"The workflow {self.id!r} has no steps.",
                hint="Decorate one function with @workflow.steps.",
            )
        return self._body

    @property
    def node_ids(self) -> Collection[str]:
        """The ids of all its nodes, in the order of the source."""
        return [definition.id for definition in self._definitions.values()]

    def definition_of(self, function: Callable[..., Any]) -> Definition:
        """
        What a decorator said of a function.

        Raises:
            InvalidWorkflowError: It is no node of this workflow.
        """
        definition = self._definitions.get(function)
        if definition is None:
            raise InvalidWorkflowError(
                f"{getattr(function, '__name__', function)!r} is no node of {self.id!r}.",
                hint="Decorate it with @workflow.node, @workflow.loop or @workflow.parallel.",
            )
        return definition
