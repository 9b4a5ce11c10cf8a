"""Runs loops and parallels: nodes whose children have runs of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from flightlog.capture import NodeRun
from flightlog.errors import InvalidInputError
from flightlog.runtime.definition import GroupFunction, LoopDefinition, ParallelDefinition
from flightlog.runtime.execution_context import describe_error
from flightlog.runtime.steps import State, Step


class ChildRun(Protocol):
    """The part of a `Run` that loops and parallels use for their children."""

    steps: dict[str, Step]
    won: asyncio.Event
    winner: Step | None

    async def complete(self, body: GroupFunction) -> None:
        """Run all children to their end; see `Run.complete`."""


NewIteration = Callable[[Any, int], ChildRun]
SkipChildren = Callable[[LoopDefinition], Awaitable[None]]


def read_loop_items(
    resolve: Callable[[Any], Any], items: Any, recorded: NodeRun, data: Any
) -> list[Any]:
    """
    Evaluate a loop's items, and record the items as the loop's input.

    Args:
        resolve: Evaluates expressions.
        items: A list, or an expression that gives a list.
        recorded: The loop's record.
        data: The incoming data; the record's input when the items can't be evaluated.

    Returns:
        The items.

    Raises:
        InvalidInputError: The value is no list.
        InvalidExpressionError: The expression can't be evaluated.
    """
    try:
        found = resolve(items)
    except BaseException:
        recorded.input = data
        raise
    recorded.input = {"items": found}
    if isinstance(found, (Mapping, str)) or not hasattr(found, "__iter__"):
        raise InvalidInputError("items", f"is {type(found).__name__}, not a list to loop over")
    return list(found)


async def run_loop(
    definition: LoopDefinition, items: list[Any], new: NewIteration, skip: SkipChildren
) -> list[Any]:
    """
    Run the children once for each item.

    Args:
        definition: The loop.
        items: The items.
        new: Makes the run of one iteration.
        skip: Records the children as skipped when there is no item.

    Returns:
        The last child's output for each item.

    Raises:
        Exception: An iteration failed; the other iterations are canceled.
    """
    if not items:
        await skip(definition)
        return []
    outputs: list[Any] = [None] * len(items)
    waiting = iter(enumerate(items))

    async def work() -> None:
        for index, item in waiting:
            run = new(item, index)
            await run.complete(definition.function)
            outputs[index] = _last_output(run)

    workers = min(max(definition.max_concurrency, 1), len(items))
    await _settle_all([work() for _ in range(workers)])
    return outputs


async def _settle_all(work: list[Awaitable[None]]) -> None:
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task in done:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _last_output(run: ChildRun) -> Any:
    ran = [step for step in run.steps.values() if step.ran]
    return ran[-1].output if ran else None


async def run_parallel(definition: ParallelDefinition, run: ChildRun) -> Any:
    """
    Run the children concurrently.

    Args:
        definition: The parallel.
        run: The run of the children.

    Returns:
        With `all`: the outputs by child id. With `race`: the output of the first child that
        succeeded. With `allSettled`, by child id: `{"status": "fulfilled", "value": …}`,
        `{"status": "rejected", "reason": …}` or `{"status": "skipped"}`.

    Raises:
        Exception: With `all`, the error of the first child that failed. With `race`, the first
            error when no child succeeded.
    """
    if definition.mode == "race":
        return await _race(definition, run)
    await run.complete(definition.function)
    if definition.mode == "all":
        return {node_id: step.output for node_id, step in run.steps.items() if step.ran}
    return {node_id: _describe_settled(step) for node_id, step in run.steps.items()}


def _describe_settled(step: Step) -> dict[str, Any]:
    if step.state is State.SKIPPED:
        return {"status": "skipped"}
    if step.error is not None:
        return {"status": "rejected", "reason": describe_error(step.error)}
    return {"status": "fulfilled", "value": step.output}


async def _race(definition: ParallelDefinition, run: ChildRun) -> Any:
    whole = asyncio.ensure_future(run.complete(definition.function))
    won = asyncio.ensure_future(run.won.wait())
    try:
        await asyncio.wait((whole, won), return_when=asyncio.FIRST_COMPLETED)
        if run.winner is not None:
            return run.winner.output
        whole.result()
        steps = run.steps.values()
        went_on = [step.output for step in steps if step.ran]
        errors = [step.error for step in steps if step.error is not None]
        if errors and not went_on:
            raise errors[0]
        return went_on[0] if went_on else None
    finally:
        whole.cancel()
        won.cancel()
        await asyncio.gather(whole, won, return_exceptions=True)
