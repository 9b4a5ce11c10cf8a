"""Runs the attempts of a node, and records each attempt as a node execution."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from flightlog.capture import NodeRun
from flightlog.errors import TimeLimitError
from flightlog.runtime.cache import compute_cache_key
from flightlog.runtime.definition import UNSET, Definition
from flightlog.runtime.execution_context import EarlyReturn, ExecutionContext

Work = Callable[[NodeRun], Awaitable[Any]]


class Outcome(NamedTuple):
    """The end of a node's attempts, if the run continues."""

    output: Any
    """The node's output, or the fallback's value."""
    error: Exception | None = None
    """The error of the last attempt."""


async def attempt_all(
    session: ExecutionContext,
    definition: Definition,
    work: Work,
    *,
    data: Any,
    seen: Callable[[], Any],
    resolve: Callable[[Any], Any],
) -> Outcome:
    """
    Run a node until an attempt succeeds or the attempts are used up.

    Args:
        session: The execution.
        definition: The node.
        work: Runs one attempt.
        data: The incoming data.
        seen: Returns every value that the output may depend on, for a cache without a key.
        resolve: Evaluates expressions with the node's names.

    Returns:
        The node's output, or the error of a failure after which the run continues.

    Raises:
        Exception: The last attempt's error, if it ends the run.
        InvalidExpressionError: The cache's key can't be evaluated.
        EarlyReturn: The node ended the run.
    """
    try:
        key = compute_cache_key(definition, seen, resolve)
    except Exception:
        with _begin_recording(session, definition, 1) as recorded:
            recorded.input = data
            raise
    if key is not None:
        kept = session.cache.get(definition.id, key)
        if kept is not UNSET:
            return _keep(session, definition, data, kept)
    policy = definition.attempts
    for attempt in range(1, policy.retries + 1):
        try:
            with _begin_recording(session, definition, attempt) as recorded:
                output = await _once(definition, work, recorded)
        except Exception:  # noqa: BLE001 - recorded, and another attempt follows
            await asyncio.sleep(policy.delay_s(attempt))
        else:
            break
    else:
        outcome = await _make_last_outcome(session, definition, work, resolve)
        if outcome.error is not None:
            return outcome
        output = outcome.output
    if isinstance(output, EarlyReturn):
        raise output
    if key is not None:
        ttl_s = (definition.cache or {}).get("ttl_s", 0)
        session.cache.put(definition.id, key, output, ttl_s)
    return Outcome(output)


async def _make_last_outcome(
    session: ExecutionContext, definition: Definition, work: Work, resolve: Callable[[Any], Any]
) -> Outcome:
    failure = definition.failure
    failed: Outcome | None = None
    try:
        with _begin_recording(session, definition, definition.attempts.retries + 1) as recorded:
            try:
                return Outcome(await _once(definition, work, recorded))
            except Exception as error:
                if failure.on_error == "fallback":
                    recorded.output = instead = resolve(failure.fallback_value)
                    failed = Outcome(instead, error)
                elif failure.on_error == "continue":
                    failed = Outcome(None, error)
                raise
    except Exception:
        if failed is None:
            raise
        return failed


def _begin_recording(session: ExecutionContext, definition: Definition, attempt: int) -> NodeRun:
    return session.recorded.node(definition.id, definition.name, definition.type, attempt=attempt)


async def _once(definition: Definition, work: Work, recorded: NodeRun) -> Any:
    try:
        output = await _run_in_time(definition, work(recorded))
    except EarlyReturn as returned:
        recorded.output = returned.value
        return returned
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # The task itself is not canceled: the node awaited a canceled task, so the node failed.
        raise RuntimeError(f"What the node {definition.id!r} waited for was canceled.") from error
    recorded.output = output
    return output


async def _run_in_time(definition: Definition, work: Awaitable[Any]) -> Any:
    limit_ms = definition.attempts.timeout_ms
    if limit_ms is None:
        return await work
    try:
        async with asyncio.timeout(limit_ms / 1_000) as timeout:
            return await work
    except TimeoutError as error:
        if timeout.expired():
            raise TimeLimitError(f"The node {definition.id!r}", limit_ms) from error
        raise


def _keep(session: ExecutionContext, definition: Definition, data: Any, output: Any) -> Outcome:
    with _begin_recording(session, definition, 1) as recorded:
        recorded.input = data
        recorded.output = output
    return Outcome(output)
