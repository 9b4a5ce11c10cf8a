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
    A workflow: its trigger, its inputs, its nodes and its steps.

    Neither creating a definition nor importing its module opens a file or a connection.

    Args:
        id: The workflow's id.
        name: The workflow's name for people.
        trigger: Starts the workflow; `Manual()` when None.
        inputs: `{name: {"type": …, "required": …, "default": …}}`.
        secrets: Names of environment variables; a bare name means a required secret.
        global_variables: Expressions find these values as `global`.
        timeout_ms: The time limit of a run, milliseconds; None means no limit.
        retries: How many further attempts a failed node has, unless the node sets its own number.
        retry_delay_ms: The wait after the first failed attempt, milliseconds.
        retry_backoff: How that wait grows.
        output: `{"type": "json"}`, or `{"type": "stream", "format": "sse" or "ndjson"}`.
        receiver_port: The port of a receiver on this machine. Records go there when the
            environment names no receiver.
        libraries: The modules of providers' libraries that the nodes need.
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
        libraries: Collection[str] = (),
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
        self.libraries = libraries
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
            id: The node's id in the workflow.
            name: The node's name for people.
            type: The node's type in the manifest, e.g. `httpRequest`.
            options: How the node is tried, and the reaction when the node fails.

        Returns:
            The decorator. The decorator raises `InvalidWorkflowError` when the workflow already has
            a node with this id.
        """
        retries = self._attempts.retries
        members = {"id": id, "name": name, "type": type, **self._read_options(options, retries)}
        return self._adding(lambda function: NodeDefinition(**members, function=function))

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
        Make a function of steps a loop: the steps run once for each item.

        Args:
            id: The loop's id in the workflow.
            name: The loop's name for people.
            items: A list, or an expression that gives a list.
            max_concurrency: How many items run at the same time.
            options: The options of `node`, for all items together.

        Returns:
            The decorator. The decorator raises `InvalidWorkflowError` when the workflow already has
            a node with this id.
        """
        members = {"id": id, "name": name, "type": "loop", **self._read_options(options)}
        return self._adding(
            lambda function: LoopDefinition(
                **members, function=function, items=items, max_concurrency=max_concurrency
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
        Make a function of steps a parallel: the steps run concurrently.

        Args:
            id: The parallel's id in the workflow.
            name: The parallel's name for people.
            mode: With `all`, every child must succeed. With `race`, the first child that succeeds
                ends the parallel. With `allSettled`, children may fail.
            options: The options of `node`, for all children together.

        Returns:
            The decorator. The decorator raises `InvalidWorkflowError` when the workflow already has
            a node with this id.
        """
        members = {"id": id, "name": name, "type": "parallel", **self._read_options(options)}
        return self._adding(
            lambda function: ParallelDefinition(**members, function=function, mode=mode)
        )

    def _read_options(self, options: Options, retries: int = 0) -> dict[str, Any]:
        rest: dict[str, Any] = dict(options)
        attempts = {name: rest.pop(name, None) for name in Attempts.__struct_fields__}
        given = {name: value for name, value in attempts.items() if value is not None}
        failure = {name: rest.pop(name) for name in Failure.__struct_fields__ if name in rest}
        return {
            "attempts": replace(self._attempts, **{"retries": retries, **given}),
            "failure": Failure(**failure),
            **rest,
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
        """
        Make a function the workflow's steps: `async def order_intake(run): …`.

        Args:
            function: The function.

        Returns:
            The same function.
        """
        self._body = function
        return function

    @property
    def body(self) -> GroupFunction:
        """
        The workflow's steps.

        Raises:
            InvalidWorkflowError: The workflow has no steps.
        """
        if self._body is None:
            raise InvalidWorkflowError(
                f"The workflow {self.id!r} has no steps.",
                hint="Decorate one function with @workflow.steps.",
            )
        return self._body

    @property
    def node_ids(self) -> Collection[str]:
        """The ids of all nodes, in the order of the source."""
        return [definition.id for definition in self._definitions.values()]

    def find_definition(self, function: Callable[..., Any]) -> Definition:
        """
        Find the definition that a decorator made of a function.

        Args:
            function: The decorated function.

        Returns:
            The definition.

        Raises:
            InvalidWorkflowError: The function is no node of this workflow.
        """
        definition = self._definitions.get(function)
        if definition is None:
            raise InvalidWorkflowError(
                f"{getattr(function, '__name__', function)!r} is no node of {self.id!r}.",
                hint="Decorate it with @workflow.node, @workflow.loop or @workflow.parallel.",
            )
        return definition
