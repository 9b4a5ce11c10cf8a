"""`Run`: the steps of one execution, or of one iteration of a loop, while they run."""

from __future__ import annotations

import asyncio
from collections import ChainMap
from collections.abc import Awaitable, Mapping, MutableMapping, Sequence
from typing import Any, Final

from flightlog.capture import NodeRun
from flightlog.errors import InvalidWorkflowError
from flightlog.runtime import groups
from flightlog.runtime.conditions import decide_condition, is_true
from flightlog.runtime.definition import (
    UNSET,
    Definition,
    GroupFunction,
    LoopDefinition,
    NodeDefinition,
    NodeFunction,
    ParallelDefinition,
)
from flightlog.runtime.execution_context import Emit, ExecutionContext, describe_error
from flightlog.runtime.node import Node
from flightlog.runtime.retries import attempt_all
from flightlog.runtime.steps import Edge, State, Step

CHOOSING: Final = frozenset({"condition", "switch"})
"""Types of nodes that choose a handle, and pass on their incoming data."""


class Run:
    """
    Steps that each run as soon as the steps before it have ended.

    Args:
        session: The execution.
        data: The incoming data of steps that follow no other step.
        outputs: The nodes' outputs that these steps can use; the steps add their own.
        local: `item` and `index`, within a loop.
        settle_all: Whether the other steps continue when a step fails.
        emit: Takes the chunks of an end step; None when no client reads them.
    """

    def __init__(
        self,
        session: ExecutionContext,
        data: Any,
        *,
        outputs: MutableMapping[str, dict[str, Any]],
        local: Mapping[str, Any],
        settle_all: bool = False,
        emit: Emit | None = None,
    ) -> None:
        self._session = session
        self._data = data
        self._outputs = outputs
        self._local = local
        self._settle_all = settle_all
        self._emit = emit
        self._tasks: list[asyncio.Task[None]] = []
        self._is_open = True
        self.won = asyncio.Event()
        """Set when a step has succeeded."""
        self.winner: Step | None = None
        """The first step that succeeded."""
        self.steps: dict[str, Step] = {}
        """The steps by node id, in the order of the source."""
        self.start = Step(Definition(id="", name="", type=""), ())
        """A step before all others, for conditions on the start: `run.start.when("…")`."""
        self.start.state = State.PASSED
        self.start.settled.set()

    def step(
        self, function: NodeFunction | GroupFunction, *, after: Sequence[Step | Edge] = ()
    ) -> Step:
        """
        Run a node as soon as the steps before it have ended.

        Args:
            function: A decorated function of the workflow.
            after: Steps, or edges made from steps by `on` and `when`. The node runs when the
                sequence is empty, or when at least one edge is taken.

        Returns:
            The node's step; the method doesn't wait for its end.

        Raises:
            InvalidWorkflowError: The function is no node, or is already a step of this run.
        """
        definition = self._session.workflow.find_definition(function)
        if definition.id in self.steps:
            raise InvalidWorkflowError(
                f"The node {definition.id!r} is two steps of one run.",
                hint="Make it one step, after all that it follows.",
            )
        edges = [Edge(step) if isinstance(step, Step) else step for step in after]
        step = Step(definition, edges)
        for edge in edges:
            edge.source.is_end = False
        self.steps[definition.id] = step
        if self._is_open:
            self._tasks.append(asyncio.create_task(self._take(step), name=definition.id))
        return step

    async def complete(self, body: GroupFunction) -> None:
        """
        Run all steps to their end.

        Args:
            body: Declares the steps.

        Raises:
            Exception: The error of the first step that failed and lets the run fail.
            EarlyReturn: A node ended the execution.
        """
        main = asyncio.create_task(_as_coroutine(body(self)))
        try:
            await self._until_settled(main)
        finally:
            await _end([main, *self._tasks])
            for step in self.steps.values():
                if step.state is State.WAITING:
                    await self._leave_out(step)

    async def _until_settled(self, main: asyncio.Task[None]) -> None:
        seen: set[asyncio.Task[None]] = set()
        while waiting := {main, *self._tasks} - seen:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in (main, *self._tasks) if task in done]:
                task.result()
            seen |= done

    async def skip_all(self, body: GroupFunction) -> None:
        """
        Record every step as skipped, and run none.

        Args:
            body: Declares the steps.
        """
        self._is_open = False
        await body(self)
        for step in self.steps.values():
            await self._leave_out(step)

    async def _take(self, step: Step) -> None:
        for edge in step.after:
            await edge.source.settled.wait()
        try:
            taken = [edge for edge in step.after if self._is_taken(edge)]
        except Exception as error:
            await self._fail_at_edge(step, error)
            if self._settle_all:
                return
            raise
        if step.after and not taken:
            await self._leave_out(step)
            return
        step.state = State.RUNNING
        try:
            await self._run(step, self._collect_inputs(taken))
        finally:
            if step.state is State.RUNNING:
                step.state = State.FAILED
            step.settled.set()

    def _is_taken(self, edge: Edge) -> bool:
        source = edge.source
        if not source.ran or (edge.handle is not None and edge.handle != source.handle):
            return False
        if edge.fails is not None and edge.fails != (source.error is not None):
            return False
        if edge.condition is None:
            return True
        names = self._session.names(self._outputs, self._local)
        return decide_condition(edge.condition, names, self._resolve)

    def _collect_inputs(self, taken: Sequence[Edge]) -> Any:
        flows = {
            edge.source.definition.id: _read_flow(edge)
            for edge in taken
            if edge.source is not self.start
        }
        if not flows:
            return self._data
        return flows if len(flows) > 1 else next(iter(flows.values()))

    async def _run(self, step: Step, data: Any) -> None:
        definition = step.definition
        output = self._outputs[definition.id] = {}
        try:
            outcome = await attempt_all(
                self._session,
                definition,
                lambda recorded: self._work(step, recorded, data),
                data=data,
                seen=lambda: self._collect_seen(data),
                resolve=self._resolve,
            )
        except Exception as error:
            step.state, step.error = State.FAILED, error
            if self._settle_all:
                return
            raise
        finally:
            await self._leave_out_children(step)
        step.output, step.error = outcome
        if step.error is not None:
            output["error"] = describe_error(step.error)
        if step.error is None or definition.failure.on_error == "fallback":
            output["output"] = step.output
        chooses = definition.type in CHOOSING and step.error is None
        if chooses and step.handle is None:
            step.handle = choose_pinned_handle(step.output)
        step.flow = data if chooses else step.output
        step.state = State.PASSED
        if self.winner is None and step.error is None:
            self.winner = step
            self.won.set()

    async def _work(self, step: Step, recorded: NodeRun, data: Any) -> Any:
        definition = step.definition
        if self._session.test and definition.pinned is not UNSET:
            recorded.input = data
            await self._leave_out_children(step)
            return definition.pinned
        if isinstance(definition, NodeDefinition):
            node = Node(
                self._session,
                step,
                recorded,
                data=data,
                outputs=self._outputs,
                local=self._local,
                emit=self._emit,
            )
            node.log_notes()
            try:
                return node.with_warnings(await definition.function(node))
            finally:
                if not recorded.input:
                    recorded.input = data
        if isinstance(definition, LoopDefinition):
            items = groups.read_loop_items(self._resolve, definition.items, recorded, data)
            step.has_begun_children = True
            return await groups.run_loop(
                definition, items, self._make_iteration, self._skip_children
            )
        assert isinstance(definition, ParallelDefinition)
        recorded.input = data
        step.has_begun_children = True
        inner = self._make_inner(data, settle_all=definition.mode != "all")
        return await groups.run_parallel(definition, inner)

    def _make_iteration(self, item: Any, index: int) -> Run:
        return Run(
            self._session,
            item,
            outputs=ChainMap({}, self._outputs),
            local={"item": item, "index": index},
        )

    def _make_inner(self, data: Any, *, settle_all: bool) -> Run:
        return Run(
            self._session,
            data,
            outputs=self._outputs,
            local=self._local,
            settle_all=settle_all,
        )

    async def _leave_out_children(self, step: Step) -> None:
        if not isinstance(step.definition, NodeDefinition) and not step.has_begun_children:
            step.has_begun_children = True
            await self._skip_children(step.definition)

    async def _skip_children(self, definition: Definition) -> None:
        assert isinstance(definition, (LoopDefinition, ParallelDefinition))
        await self._make_inner(None, settle_all=True).skip_all(definition.function)

    async def _fail_at_edge(self, step: Step, error: Exception) -> None:
        definition = step.definition
        step.state, step.error = State.FAILED, error
        recorded = self._session.recorded.node(definition.id, definition.name, definition.type)
        recorded.begin()
        recorded.end(error)
        await self._leave_out_children(step)
        step.settled.set()

    async def _leave_out(self, step: Step) -> None:
        self._skip(step)
        await self._leave_out_children(step)

    def _skip(self, step: Step) -> None:
        definition = step.definition
        step.state = State.SKIPPED
        self._session.recorded.skip(definition.id, definition.name, definition.type)
        step.settled.set()

    def _collect_seen(self, data: Any) -> dict[str, Any]:
        """Every value that a node's output may depend on."""
        return {
            "data": data,
            "input": self._session.input,
            "nodes": dict(self._outputs),
            "local": self._local,
        }

    def _resolve(self, value: Any) -> Any:
        return self._session.resolve(value, self._outputs, self._local)

    def result(self) -> Any:
        """
        Collect the run's result.

        Returns:
            The output of the end step that ran; several outputs by node id; None when no step ran;
            the input when there is no step at all.
        """
        ran = [step for step in self.steps.values() if step.ran]
        ends = [step for step in ran if step.is_end] or _last_output(ran)
        if len(ends) == 1:
            return ends[0].output
        if not self.steps:
            # A workflow without nodes returns its input, as in the editor.
            return self._data
        return {step.definition.id: step.output for step in ends} or None


def _read_flow(edge: Edge) -> Any:
    error = edge.source.error
    if edge.fails and error is not None:
        return {"error": describe_error(error)}
    return edge.source.flow


def _last_output(ran: Sequence[Step]) -> list[Step]:
    followed = {id(edge.source) for step in ran for edge in step.after}
    return [step for step in ran if id(step) not in followed]


def choose_pinned_handle(output: Any) -> str:
    """
    Find the handle that a pinned output of a condition or switch chooses.

    Args:
        output: The pinned output.

    Returns:
        The handle.
    """
    if isinstance(output, Mapping) and "handle" in output:
        return str(output["handle"])
    chosen = output.get("result") if isinstance(output, Mapping) else output
    return chosen if isinstance(chosen, str) else str(is_true(chosen)).lower()


async def _as_coroutine(awaited: Awaitable[None]) -> None:
    await awaited


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
