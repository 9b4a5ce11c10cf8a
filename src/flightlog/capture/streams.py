"""
Streams that are recorded while they pass: nothing is read ahead, held back or changed.

Between two items the stream's node is not the scope of the running code: who reads the stream is
not part of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flightlog.capture import scope
from flightlog.capture.encoding import encode_value
from flightlog.marks import mark

if TYPE_CHECKING:
    from flightlog.capture.node import NodeRun

T = TypeVar("T")


class StreamCapture:
    """
    Collects what passes, up to a limit.

    Args:
        limit_bytes: How much is kept; from then on items are only counted.
        ended: Called once when the stream has ended, with what ended it early.
    """

    def __init__(self, limit_bytes: int, ended: Callable[[BaseException | None], None]) -> None:
        self._limit_bytes = limit_bytes
        self._ended = ended
        self._items: list[bytes] = []
        self._pieces: list[Any] | None = []
        self._size = 0
        self._count = 0
        self._complete = False
        self.is_open = True
        """Whether more may come."""

    def add(self, item: object) -> None:
        """Take one item as it passes."""
        self._count += 1
        room = self._limit_bytes - self._size
        if room <= 0:
            return
        json = encode_value(item, room)
        self._size += len(json) + 1
        self._items.append(json)
        pieces = self._pieces
        # Text and bytes are joined, if there is nothing else.
        kind = type(item)
        if (kind is not str and kind is not bytes) or len(item) > room:  # type: ignore[arg-type]  # they have one
            self._pieces = None
        elif pieces is not None and (not pieces or type(pieces[0]) is type(item)):
            pieces.append(item)
        else:
            self._pieces = None

    def finish(self, error: BaseException | None, *, complete: bool) -> None:
        """Say that nothing more comes."""
        if self.is_open:
            self.is_open = False
            self._complete = complete
            self._ended(error)

    def json(self) -> bytes:
        """
        What passed, as JSON: `{"$flightlog":"stream","count":…,"complete":…,"value":…}`.

        The value is a list, or one text where all items are text, or one of bytes: a secret may
        come in pieces.
        """
        value: Any = {"count": self._count, "complete": self._complete}
        head = mark("stream", **value)[:-1]
        pieces = self._pieces
        if pieces and len(pieces) == self._count:
            text = encode_value(type(pieces[0])().join(pieces), self._limit_bytes + len(pieces))
            return b'%b,"value":%b}' % (head, text)
        kept = b",".join(self._items)
        return b'%b,"kept":%d,"value":[%b]}' % (head, len(self._items), kept)


class SyncStream(Generator[T, Any, Any], Generic[T]):
    """
    Passes a generator or iterator on, item by item.

    Args:
        items: What is passed on.
        capture: Records it.
        node: Whose output it is; the first item begins it, if it hasn't begun.
    """

    def __init__(self, items: Iterator[T], capture: StreamCapture, node: NodeRun) -> None:
        self._items: Any = items
        self._capture = capture
        self._node = node

    def __next__(self) -> T:
        """Pass the next item on."""
        return self._step(lambda: next(self._items))

    def send(self, value: Any) -> T:
        """Pass a value in to the generator."""
        return self._step(lambda: next(self._items) if value is None else self._items.send(value))

    def throw(self, *error: Any) -> T:
        """Raise an exception within the generator."""
        return self._step(lambda: self._items.throw(*error))

    def close(self) -> None:
        """Leave the generator before its end."""
        close = getattr(self._items, "close", None)
        with _recorded_end(self._capture):
            if close is not None:
                close()
        self._capture.finish(GeneratorExit(), complete=False)

    def __del__(self) -> None:
        if self._node.begun:
            self._capture.finish(GeneratorExit(), complete=False)

    def _step(self, step: Callable[[], T]) -> T:
        with _within(self._node), _recorded_end(self._capture):
            item = step()
        self._capture.add(item)
        return item


class AsyncStream(AsyncGenerator[T, Any], Generic[T]):
    """
    Passes an asynchronous generator or iterator on, item by item.

    Args:
        items: What is passed on.
        capture: Records it.
        node: Whose output it is; the first item begins it, if it hasn't begun.
    """

    def __init__(self, items: AsyncIterator[T], capture: StreamCapture, node: NodeRun) -> None:
        self._items: Any = items
        self._capture = capture
        self._node = node

    async def __anext__(self) -> T:
        """Pass the next item on."""
        return await self._step(lambda: anext(self._items))

    async def asend(self, value: Any) -> T:
        """Pass a value in to the generator."""
        return await self._step(
            lambda: anext(self._items) if value is None else self._items.asend(value)
        )

    async def athrow(self, *error: Any) -> T:
        """Raise an exception within the generator."""
        return await self._step(lambda: self._items.athrow(*error))

    async def aclose(self) -> None:
        """Leave the generator before its end."""
        close = getattr(self._items, "aclose", None)
        with _recorded_end(self._capture):
            if close is not None:
                await close()
        self._capture.finish(GeneratorExit(), complete=False)

    def __del__(self) -> None:
        if self._node.begun:
            self._capture.finish(GeneratorExit(), complete=False)

    async def _step(self, step: Callable[[], Awaitable[T]]) -> T:
        with _within(self._node), _recorded_end(self._capture):
            item = await step()
        self._capture.add(item)
        return item


class _within:  # noqa: N801 - used as a function
    """Makes a node the scope; a class, since StopIteration passes through it."""

    def __init__(self, node: NodeRun) -> None:
        self._node = node
        self._caller = scope.innermost()

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
        scope.enter(self._caller)


class _recorded_end:  # noqa: N801 - used as a function
    """Records the exception that ends a stream; a class, since StopIteration passes through it."""

    def __init__(self, capture: StreamCapture) -> None:
        self._capture = capture

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or kind is None:
            return
        if issubclass(kind, (StopIteration, StopAsyncIteration)):
            self._capture.finish(None, complete=True)
        else:
            self._capture.finish(error, complete=False)
