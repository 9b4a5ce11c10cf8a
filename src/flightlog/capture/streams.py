"""
Records streams while their items pass through; never reads ahead, delays or changes an item.

A generator passes a generator on, and an asynchronous generator passes an asynchronous one on,
because frameworks check for exactly these types. Between two items the stream's node is not the
scope of the running code, because the code that reads the stream does not belong to the node.
`flightlog.capture.results` decides which results are streams.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from functools import cache, partial
from types import AsyncGeneratorType, GeneratorType, TracebackType
from typing import Any, Generic, Protocol, TypeVar

from flightlog.capture import scope
from flightlog.capture.encoding import FindCut, encode_value
from flightlog.capture.faults import FaultBarrier
from flightlog.capture.stream_text import StreamText
from flightlog.record.placeholders import write_placeholder
from flightlog.signal_handlers import EXHAUSTED

T = TypeVar("T")


class StreamingNode(scope.Scope, Protocol):
    """A node whose output is a stream; `NodeRun` implements it."""

    awaits_result: bool

    @property
    def begun(self) -> bool:
        """Whether the node has begun."""
        ...

    def begin(self) -> None:
        """Begin the node."""
        ...

    def end_later(self, error: BaseException | None) -> None:
        """
        Have the node's end written where there is more stack or memory.

        Args:
            error: The exception that ended the node, if any.
        """
        ...


class StreamCapture:
    """
    Collects the items that pass through, up to a limit.

    Args:
        limit_bytes: How many bytes are kept; items beyond this limit are only counted.
        ended: Called once when the stream has ended, with the exception that ended the stream
            early.
        barrier: Keeps faults of recording from the code that reads the stream.
        find_cut: Finds where a text can be cut; by default after any word.
    """

    def __init__(
        self,
        limit_bytes: int,
        ended: Callable[[BaseException | None], None],
        barrier: FaultBarrier,
        find_cut: FindCut | None = None,
    ) -> None:
        self._limit_bytes = limit_bytes
        self._ended = ended
        self._barrier = barrier
        self._find_cut = find_cut
        self._items: list[bytes] = []
        self._joined: StreamText | None = StreamText(limit_bytes)
        self._size = 0
        self._count = 0
        self._complete = False
        self.is_open = True
        """Whether more items may pass."""

    def add(self, item: object) -> None:
        """
        Record one item as it passes.

        Args:
            item: The item.
        """
        self._count += 1
        if self._joined is not None or self._size < self._limit_bytes:
            with self._barrier:
                self._keep(item)

    def _keep(self, item: object) -> None:
        # Join text or bytes if the stream holds no other type.
        if self._joined is not None and not self._joined.add(item):
            self._joined = None
        max_bytes = self._limit_bytes - self._size
        if max_bytes > 0:
            json = encode_value(item, max_bytes, self._find_cut)
            self._size += len(json) + 1
            self._items.append(json)

    def finish(self, error: BaseException | None, *, complete: bool) -> None:
        """
        Record that the stream has ended.

        Args:
            error: The exception that ended the stream early; None when there is none.
            complete: Whether the stream reached its end.
        """
        if self.is_open:
            self._complete = complete
            self._ended(error)
            # Set last, because the stream must still be endable if a signal handler interrupts
            # `_ended`.
            self.is_open = False

    def json(self) -> bytes:
        """
        Encode what passed.

        The value is a list. If all items are text or all are bytes, the value is the items joined,
        because a secret may be split over several items.

        Returns:
            JSON: `{"$flightlog":"stream","count":…,"complete":…,"value":…}`.
        """
        about: dict[str, Any] = {"count": self._count, "complete": self._complete}
        joined = self._joined
        if joined is not None and self._count:
            if not joined.is_whole:
                about["kept"] = joined.kept
            value = joined.encode(self._find_cut)
        else:
            about["kept"] = len(self._items)
            value = b"[%b]" % b",".join(self._items)
        return b'%b,"value":%b}' % (write_placeholder("stream", **about)[:-1], value)


class Step:
    """
    Makes a node the scope while the node's code runs; begins the node if necessary.

    This is a class, because StopIteration must pass through it, and because no signal handler can
    run between a context manager's entry and its block.

    Args:
        node: The node.
    """

    __slots__ = ("_caller", "_node")

    def __init__(self, node: StreamingNode) -> None:
        self._node = node
        self._caller = scope.find_innermost()

    def __enter__(self) -> None:
        if self._node.begun:
            scope.enter(self._node)
        else:
            self._node.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The garbage collector raises GeneratorExit in whichever context is running. The scope of
        # that context must not change; in the node's own context the ended node is skipped.
        if kind is None or not issubclass(kind, GeneratorExit):
            scope.enter(self._caller)


class StreamWatch:
    """
    Ends a stream's node when the stream is dropped before its first or its last item.

    Only the frame or object that passes the stream on holds the watch. The watch has a finalizer
    only while the finalizer is needed, because Python ignores exceptions that a signal handler
    raises within a finalizer.

    Args:
        capture: Records the stream.
        node: The node whose output the stream is; the first item begins the node if necessary.
    """

    def __init__(self, capture: StreamCapture, node: StreamingNode) -> None:
        self.capture = capture
        self.node = node

    def arm(self) -> None:
        """Begin to watch; call this when the workflow gets the stream."""
        self.__class__ = _ArmedStreamWatch

    def finish(self, error: BaseException | None) -> None:
        """
        End the stream.

        Args:
            error: The exception that ended the stream early; None at its end.
        """
        try:
            self.capture.finish(error, complete=error is None)
        except EXHAUSTED:
            self.node.awaits_result = False
            self.node.end_later(error)
        self.__class__ = StreamWatch


class _ArmedStreamWatch(StreamWatch):
    def __del__(self) -> None:
        # A stream from which nothing was read counts only if the node's own code ran.
        if self.node.begun:
            self.capture.finish(GeneratorExit(), complete=False)


def pass_on(
    items: Iterator[T], capture: StreamCapture, node: StreamingNode
) -> Generator[T, Any, Any]:
    """
    Pass a generator or iterator on, item by item; `send`, `throw` and `close` reach it.

    Args:
        items: The generator or iterator.
        capture: Records the items.
        node: The node whose output the items are; the first item begins the node if necessary.

    Returns:
        A generator that yields the same items.
    """
    watch = StreamWatch(capture, node)
    passing = _pass_items(watch, items)
    _name_like(passing, items)
    watch.arm()
    return passing


def pass_on_async(
    items: AsyncIterator[T], capture: StreamCapture, node: StreamingNode
) -> AsyncGenerator[T, Any]:
    """
    Pass an asynchronous generator or iterator on, as `pass_on` does.

    Args:
        items: The asynchronous generator or iterator.
        capture: Records the items.
        node: The node whose output the items are; the first item begins the node if necessary.

    Returns:
        An asynchronous generator that yields the same items.
    """
    watch = StreamWatch(capture, node)
    passing = _pass_items_async(watch, items)
    _name_like(passing, items)
    watch.arm()
    return passing


def _name_like(passing: Any, items: Any) -> None:
    # Only for these types, because reading an attribute of another type may run that type's code.
    kind = type(items)
    if kind is GeneratorType or kind is AsyncGeneratorType:
        passing.__name__, passing.__qualname__ = items.__name__, items.__qualname__


def _pass_items(watch: StreamWatch, items: Any) -> Generator[Any, Any, Any]:
    capture, node = watch.capture, watch.node
    advance: Callable[[], Any] = partial(next, items)
    step = advance
    while True:
        try:
            with Step(node):
                item = step()
        except StopIteration as end:
            watch.finish(None)
            return end.value
        except BaseException as error:
            watch.finish(error)
            raise
        step = advance
        capture.add(item)
        try:
            sent = yield item
        except GeneratorExit:
            returned = _close_items(items, watch)
            if returned is not None:
                return returned
            raise
        except BaseException as error:  # noqa: BLE001 - raised again within `items`
            step = partial(_throw(items, "throw", watch, error), error)
        else:
            if sent is not None:
                step = partial(items.send, sent)


async def _pass_items_async(watch: StreamWatch, items: Any) -> AsyncGenerator[Any, Any]:
    capture, node = watch.capture, watch.node
    advance: Callable[[], Any] = partial(anext, items)
    step: Callable[[], Any] = partial(_take_first, items)
    while True:
        try:
            with Step(node):
                item = await step()
        except StopAsyncIteration:
            watch.finish(None)
            return
        except BaseException as error:
            watch.finish(error)
            raise
        step = advance
        capture.add(item)
        try:
            sent = yield item
        except GeneratorExit:
            close = getattr(items, "aclose", None)
            try:
                if close is not None:
                    await close()
            except BaseException as error:
                watch.finish(error)
                raise
            watch.finish(GeneratorExit())
            raise
        except BaseException as error:  # noqa: BLE001 - raised again within `items`
            step = partial(_throw(items, "athrow", watch, error), error)
        else:
            if sent is not None:
                step = partial(items.asend, sent)


def _take_first(items: Any) -> Any:
    if type(items) is not AsyncGeneratorType:
        return anext(items)
    # When an event loop ends, it closes all asynchronous generators that it has seen, concurrently.
    # The loop must see only the outer generator, because the outer generator closes `items`, and
    # the second of two simultaneous `aclose` calls fails.
    hooks = sys.get_asyncgen_hooks()
    try:
        sys.set_asyncgen_hooks(None, None)
        return items.__anext__()
    finally:
        sys.set_asyncgen_hooks(*hooks)


def _close_items(items: Any, watch: StreamWatch) -> Any:
    close = getattr(items, "close", None)
    try:
        returned = None if close is None else close()
    except BaseException as error:
        watch.finish(error)
        raise
    watch.finish(GeneratorExit())
    return returned


def _throw(items: Any, name: str, watch: StreamWatch, error: BaseException) -> Any:
    throw = getattr(items, name, None)
    if throw is None:
        # This does what `yield from` does with an iterator that has no `throw`.
        watch.finish(error)
        raise error
    return throw


def pass_iterator_on(
    items: Iterator[T], capture: StreamCapture, node: StreamingNode
) -> Iterator[T]:
    """
    Pass a builtin iterator on, e.g. `map`, as an object whose type has the same name.

    Args:
        items: The iterator.
        capture: Records the items.
        node: The node whose output the items are; the node has begun.

    Returns:
        An iterator that yields the same items.
    """
    return _make_iterator_type(type(items))(items, capture, node)


@cache
def _make_iterator_type(kind: type) -> type[_PassedIterator[Any]]:
    members = {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind.__name__, (_PassedIterator,), members)


class _PassedIterator(Generic[T]):
    """Appears to `isinstance`, `copy` and `pickle` as the iterator that it passes on."""

    __slots__ = ("__weakref__", "_items", "_watch")

    def __init__(self, items: Iterator[T], capture: StreamCapture, node: StreamingNode) -> None:
        self._items = items
        self._watch = StreamWatch(capture, node)
        self._watch.arm()

    @property  # type: ignore[misc]  # `isinstance` reads this attribute
    def __class__(self) -> type[Iterator[T]]:  # type: ignore[override]
        return type(self._items)

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        watch = self._watch
        try:
            with Step(watch.node):
                item = next(self._items)
        except StopIteration:
            watch.finish(None)
            raise
        except BaseException as error:
            watch.finish(error)
            raise
        watch.capture.add(item)
        return item

    def __length_hint__(self) -> int:
        return operator.length_hint(self._items)

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> str | tuple[Any, ...]:
        return self._items.__reduce__()
