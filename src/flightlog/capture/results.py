"""
Follows results that still work when their function returns, so that the node stays open.

Coroutines, generators and Python's own lazy iterators are passed on wrapped, in an object of the
same type where possible. A future is passed on unchanged and ends the node by a callback. Any other
result ends the node when the function returns: only the author of a class knows how its objects are
used, so Flightlog neither reads nor wraps them. `flightlog.capture.streams` records the items of
streams.
"""

from __future__ import annotations

import inspect
import itertools
import sys
import types
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator
from typing import Any, Final, Protocol, TypeVar

from flightlog.capture.faults import FaultBarrier
from flightlog.capture.streams import Step, StreamingNode
from flightlog.signal_handlers import EXHAUSTED

T = TypeVar("T")


class OpenNode(StreamingNode, Protocol):
    """A node that can stay open after its function has returned; `NodeRun` implements it."""

    @property
    def barrier(self) -> FaultBarrier:
        """Keeps faults of recording from the workflow."""
        ...

    @property
    def output(self) -> bytes:
        """The output recorded so far."""
        ...

    @output.setter
    def output(self, value: object) -> None: ...

    def complete(self, result: Any) -> Any:
        """
        End the node with its coroutine's result, unless the result still works.

        Args:
            result: The result.

        Returns:
            The result that the workflow receives.
        """
        ...

    def finish(self, error: BaseException | None = None) -> None:
        """
        End the node and leave the scope of the running code unchanged.

        Args:
            error: The exception that ended the node, if any.
        """
        ...

    def stream(self, items: Iterable[T]) -> Iterator[T]:
        """
        Pass items on one by one, and record them as the output.

        Args:
            items: The items.

        Returns:
            An iterator over the same items.
        """
        ...

    def stream_async(self, items: AsyncIterable[T]) -> AsyncIterator[T]:
        """
        Pass items on one by one, and record them as the output.

        Args:
            items: The items.

        Returns:
            An asynchronous iterator over the same items.
        """
        ...

    def pass_iterator(self, items: Iterator[T]) -> Iterator[T]:
        """
        Pass one of Python's own iterators on, and record its items as the output.

        Args:
            items: The iterator.

        Returns:
            An iterator over the same items.
        """
        ...


Follower = Callable[[OpenNode, Any], Any]
"""Passes a result on to the workflow, and ends the node when the result has ended."""

_PLAIN: Final = frozenset(
    map(id, (type(None), bool, int, float, complex, str, bytes, dict, list, tuple, set, frozenset))
)
"""The most frequent types of results, by identity, because a metaclass may define a hash."""
_ASYNC_STEPS: Final = frozenset(
    {"async_generator_asend", "async_generator_athrow", "anext_awaitable"}
)
"""
Python's own awaitables that an asynchronous generator's methods return; they have no public name.
"""
# Read these attributes through `type`, because a metaclass may return anything for them.
_read_mro: Final[Any] = type.__dict__["__mro__"].__get__
_read_members: Final[Any] = type.__dict__["__dict__"].__get__
_read_name: Final[Any] = type.__dict__["__name__"].__get__
_read_module: Final[Any] = type.__dict__["__module__"].__get__
_NEVER_AWAITED: Final = "The coroutine was never awaited."
_LEFT: Final = "The coroutine was closed before its end."
_FORGOTTEN: Final = "The future was dropped before it was done."


def choose_follower(result: object) -> Follower | None:
    """
    Choose how to follow a function's result.

    Args:
        result: Any value; none of its own code runs.

    Returns:
        The function that follows the result; None where the result is complete or can't be
        followed.
    """
    kind = type(result)
    if id(kind) in _PLAIN:
        return None
    follow = _FOLLOWS.get(id(kind))
    if follow is not None:
        return follow
    if _read_name(kind) in _ASYNC_STEPS and _read_module(kind) == "builtins":
        return _follow_coroutine
    return _follow_future if _is_future(_read_mro(kind)) else None


def is_awaitable_generator(code: object) -> bool:
    """
    Return whether a function is a generator made awaitable by `types.coroutine`.

    Args:
        code: The function.

    Returns:
        True for such a function.
    """
    flags = getattr(getattr(code, "__code__", None), "co_flags", 0)
    return isinstance(flags, int) and bool(flags & inspect.CO_ITERABLE_COROUTINE)


def _is_future(classes: tuple[type, ...]) -> bool:
    # asyncio itself recognizes futures by this attribute.
    if any("_asyncio_future_blocking" in _read_members(each) for each in classes):
        return True
    futures = sys.modules.get("concurrent.futures._base")
    return futures is not None and any(each is futures.Future for each in classes)


class _CoroutineWatch:
    """
    Ends a node whose coroutine is dropped; only the wrapping coroutine's frame holds the watch.

    The watch has a finalizer only while the finalizer is needed, as `StreamWatch` does.
    """

    def __init__(self, node: OpenNode, inner: Any) -> None:
        self.node = node
        self.inner = inner
        self.started = False

    def arm(self) -> None:
        self.node.awaits_result = True
        self.__class__ = _ArmedCoroutineWatch

    def complete(self, result: Any) -> Any:
        try:
            passed = self.node.complete(result)
        except EXHAUSTED:
            passed = result
            self.node.awaits_result = False
            self.node.end_later(None)
        # Change the class last: if a signal handler interrupts `complete`, the finalizer ends the
        # node.
        self.__class__ = _CoroutineWatch
        return passed

    def fail(self, error: BaseException) -> None:
        ended_by = GeneratorExit(_LEFT) if type(error) is GeneratorExit else error
        try:
            self.node.finish(ended_by)
        except EXHAUSTED:
            self.node.end_later(ended_by)
        self.__class__ = _CoroutineWatch


class _ArmedCoroutineWatch(_CoroutineWatch):
    def __del__(self) -> None:
        if not self.started:
            # Python has already warned about the wrapping coroutine by the same name, so prevent a
            # second warning.
            self.inner.close()
        self.node.finish(GeneratorExit(_LEFT if self.started else _NEVER_AWAITED))


def _follow_coroutine(node: OpenNode, inner: Any) -> Any:
    watch = _CoroutineWatch(node, inner)
    passing: Any = _awaiting(watch)
    # The name appears in "coroutine 'fetch' was never awaited", and in debuggers.
    name = getattr(inner, "__name__", type(inner).__name__)
    passing.__name__, passing.__qualname__ = name, getattr(inner, "__qualname__", name)
    watch.arm()
    return passing


async def _awaiting(watch: _CoroutineWatch) -> Any:
    watch.started = True
    try:
        with Step(watch.node):
            result = await watch.inner
    except BaseException as error:
        watch.fail(error)
        raise
    return watch.complete(result)


def _follow_generator(node: OpenNode, inner: types.GeneratorType[Any, Any, Any]) -> Any:
    if not inner.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE:
        return node.stream(inner)
    watch = _CoroutineWatch(node, inner)
    passing: Any = _yielding(watch)
    passing.__name__, passing.__qualname__ = inner.__name__, inner.__qualname__
    watch.arm()
    return passing


@types.coroutine
def _yielding(watch: _CoroutineWatch) -> Generator[Any, Any, Any]:
    watch.started = True
    try:
        with Step(watch.node):
            result = yield from watch.inner
    except BaseException as error:
        watch.fail(error)
        raise
    return watch.complete(result)


def _follow_stream(node: OpenNode, items: types.AsyncGeneratorType[Any, Any]) -> Any:
    return node.stream_async(items)


def _follow_iterator(node: OpenNode, items: Any) -> Any:
    return node.pass_iterator(items)


def _follow_future(node: OpenNode, future: Any) -> Any:
    completion = _Completion(node)
    if future.done():
        completion(future)
        return future
    # Set `awaits_result` first, because a thread may call the callback at once.
    node.awaits_result = True
    future.add_done_callback(completion)
    completion.arm()
    return future


class _Completion:
    """
    Ends a node when its future is done, or is dropped before it is done.

    The object has a finalizer only while the finalizer is needed, as `StreamWatch` does.
    """

    def __init__(self, node: OpenNode) -> None:
        self._node = node

    def arm(self) -> None:
        self.__class__ = _ArmedCompletion

    def __call__(self, future: Any) -> None:
        node = self._node
        error: BaseException | None = None
        with node.barrier:
            error = _read_error(future)
            if error is None:
                node.output = future.result()
        if error is None:
            node.awaits_result = False
        # An error ends even a node that awaits its result, so that the node does not appear as a
        # success meanwhile.
        node.finish(error)
        self.__class__ = _Completion


class _ArmedCompletion(_Completion):
    def __del__(self) -> None:
        self._node.finish(GeneratorExit(_FORGOTTEN))


def _read_error(future: Any) -> BaseException | None:
    if future.cancelled():
        futures = sys.modules.get("concurrent.futures._base")
        if futures is None or not isinstance(future, futures.Future):
            futures = sys.modules["asyncio.exceptions"]
        canceled: BaseException = futures.CancelledError("The future was cancelled.")
        return canceled
    # Don't call `exception()`, because asyncio would then not warn that nothing retrieved the
    # exception.
    error: BaseException | None = future._exception  # noqa: SLF001 - both kinds of future have it
    return error


class _Sequence:
    def __getitem__(self, index: int) -> int:
        raise IndexError


_LAZY: Final[tuple[type, ...]] = (
    map,
    filter,
    zip,
    enumerate,
    reversed,
    type(iter(int, 0)),
    type(iter(_Sequence())),  # the old sequence protocol
    itertools.accumulate,
    itertools.chain,
    itertools.compress,
    itertools.cycle,
    itertools.dropwhile,
    itertools.filterfalse,
    itertools.groupby,
    itertools.islice,
    itertools.pairwise,
    itertools.starmap,
    itertools.takewhile,
    type(itertools.tee(())[0]),
    itertools.zip_longest,
    *filter(None, [getattr(itertools, "batched", None)]),
)
"""
Python's own iterators that run other code while they are read. The iterators of containers, `count`
and `product` are not in this list, because their work is done when a function returns them.
"""

_FOLLOWS: Final[dict[int, Follower]] = {
    id(types.CoroutineType): _follow_coroutine,
    id(types.GeneratorType): _follow_generator,
    id(types.AsyncGeneratorType): _follow_stream,
    **dict.fromkeys(map(id, _LAZY), _follow_iterator),
}
"""How to follow results of exactly these types, by the identity of the type."""
