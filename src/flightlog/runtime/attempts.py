"""The attempts of a node: each is recorded as a node execution of its own."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from flightlog.capture import NodeRun
from flightlog.capture.encoding import encode_value
from flightlog.errors import TimeLimitError
from flightlog.runtime.definition import UNSET, Definition
from flightlog.runtime.session import EarlyReturn, Session

Work = Callable[[NodeRun], Awaitable[Any]]
_WHOLE: Final = 1 << 40
_MAX_CACHED: Final = 1_000


class Cache:
    """Outputs that serve again for a while, in this process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], tuple[float, Any]] = OrderedDict()

    def get(self, node_id: str, key: bytes) -> Any:
        """The output kept for a key; `UNSET` when there is none."""
        until, output = self._kept.get((node_id, key), (0.0, UNSET))
        return output if time.monotonic() < until else UNSET

    def put(self, node_id: str, key: bytes, output: Any, ttl_s: float) -> None:
        """Keep an output; of too many the oldest goes."""
        self._kept.pop((node_id, key), None)
        self._kept[node_id, key] = (time.monotonic() + ttl_s, output)
        if len(self._kept) > _MAX_CACHED:
            self._kept.popitem(last=False)


class Outcome(NamedTuple):
    """How a node's attempts ended, where the run goes on."""

    output: Any
    """Its output, or the one instead."""
    error: Exception | None = None
    """Why its last attempt failed."""


async def attempt_all(
    session: Session,
    definition: Definition,
    work: Work,
    *,
    data: Any,
    seen: Callable[[], Any],
    resolve: Callable[[Any], Any],
) -> Outcome:
    """
    Run a node until it succeeds or its attempts are used up.

    Args:
        session: The execution.
        definition: The node.
        work: What it does, once.
        data: What flows in.
        seen: Tells all that its output may depend on, for a cache without a key.
        resolve: Evaluates expressions where the node stands.

    Returns:
        Its output, or that it failed and the run goes on.

    Raises:
        Exception: Of its last attempt, where that ends the run.
        EarlyReturn: The run ends here.
    """
    key = _cache_key(session, definition, data, seen, resolve)
    if key is not None:
        kept = session.workflow.cache.get(definition.id, key)
        if kept is not UNSET:
            return _kept(session, definition, data, kept)
    policy = definition.attempts
    for attempt in range(1, policy.retries + 1):
        try:
            with _recorded(session, definition, attempt) as recorded:
                output = await _once(definition, work, recorded)
        except Exception:  # noqa: BLE001 - it is recorded, and another attempt follows
            await asyncio.sleep(policy.delay_s(attempt))
        else:
            break
    else:
        outcome = await _last(session, definition, work, resolve)
        if outcome.error is not None:
            return outcome
        output = outcome.output
    if isinstance(output, EarlyReturn):
        raise output
    if key is not None:
        ttl_s = (definition.cache or {}).get("ttl_s", 0)
        session.workflow.cache.put(definition.id, key, output, ttl_s)
    return Outcome(output)


async def _last(
    session: Session, definition: Definition, work: Work, resolve: Callable[[Any], Any]
) -> Outcome:
    failure = definition.failure
    failed: Outcome | None = None
    try:
        with _recorded(session, definition, definition.attempts.retries + 1) as recorded:
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


def _recorded(session: Session, definition: Definition, attempt: int) -> NodeRun:
    return session.recorded.node(definition.id, definition.name, definition.type, attempt=attempt)


async def _once(definition: Definition, work: Work, recorded: NodeRun) -> Any:
    try:
        output = await _in_time(definition, work(recorded))
    except EarlyReturn as returned:
        recorded.output = returned.value
        return returned
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # Nobody asked for it: what the node waited for was canceled, and that is its failure.
        raise RuntimeError(f"What the node {definition.id!r} waited for was canceled.") from error
    recorded.output = output
    return output


async def _in_time(definition: Definition, work: Awaitable[Any]) -> Any:
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


def _kept(session: Session, definition: Definition, data: Any, output: Any) -> Outcome:
    with _recorded(session, definition, 1) as recorded:
        recorded.input = data
        recorded.output = output
    return Outcome(output)


def _cache_key(
    session: Session,
    definition: Definition,
    data: Any,
    seen: Callable[[], Any],
    resolve: Callable[[Any], Any],
) -> bytes | None:
    if definition.cache is None:
        return None
    key = definition.cache.get("key")
    try:
        # A digest of all of it: a key may be large, and a thousand are kept.
        whole = encode_value(seen() if key is None else resolve(key), _WHOLE)
        return hashlib.sha256(whole).digest()
    except Exception:
        with _recorded(session, definition, 1) as recorded:
            recorded.input = data
            raise
