"""Results that are returned as they are, because they offer more than one protocol."""

from __future__ import annotations

import asyncio
import csv
import io
import itertools
from collections.abc import Generator
from pathlib import Path
from typing import Any

from flightlog.capture.results import choose_follower
from support.recordings import node, recording


class Cursor:
    """An iterator with further methods, like a database's cursor."""

    def __init__(self) -> None:
        self.left = [1, 2, 3]

    def __iter__(self) -> Cursor:
        return self

    def __next__(self) -> int:
        if not self.left:
            raise StopIteration
        return self.left.pop(0)

    def fetchall(self) -> list[int]:
        """Return all that is left."""
        left, self.left = self.left, []
        return left


class Session:
    """An awaitable object that `async with` can enter, like an HTTP client's request."""

    def __await__(self) -> Generator[Any, Any, str]:
        yield from asyncio.sleep(0).__await__()
        return "awaited"

    async def __aenter__(self) -> str:
        return "entered"

    async def __aexit__(self, *error: object) -> None:
        pass


def test_objects_with_more_than_a_protocol_are_returned_as_they_are(tmp_path: Path) -> None:
    """Such objects are neither read nor wrapped; their node ends when the function returns."""
    text = io.StringIO("a,b\n")
    for made_by in (
        lambda: (tmp_path / "file").open("w+"),
        lambda: csv.reader(text),
        Cursor,
        Session,
        lambda: iter([1, 2]),
        lambda: iter({1: 2}),
        lambda: iter(range(2)),
        lambda: itertools.product("ab", repeat=2),
        itertools.count,
        lambda: aiter(Session.__new__(AsyncCursor)),
    ):
        result = made_by()
        with recording(tmp_path / "spool") as made:
            assert made.recorder.node("n")(lambda result=result: result)() is result
            assert node(made.executions()[-1], "n").status == "success"
        if hasattr(result, "close"):
            result.close()


class Meta(type):
    """Gives its classes a hash and attributes that fail."""

    def __hash__(cls) -> int:
        raise RuntimeError

    def __eq__(cls, other: object) -> bool:
        raise RuntimeError

    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(name)


def test_type_of_a_result_is_found_out_without_its_own_code() -> None:
    """A class whose metaclass always raises is handled without calling the metaclass."""
    strange: Any = Meta("Strange", (), {})
    assert choose_follower(object.__new__(strange)) is None


class AsyncCursor:
    """An asynchronous iterator with further methods."""

    def __aiter__(self) -> AsyncCursor:
        return self

    async def __anext__(self) -> int:
        raise StopAsyncIteration

    async def fetchall(self) -> list[int]:
        """Return all that is left."""
        return []


def test_awaitable_context_managers_keep_both_ways(tmp_path: Path) -> None:
    """The object can still be awaited or entered, and recording awaits nothing."""

    async def main() -> None:
        request = made.recorder.node("request")(Session)
        assert await request() == "awaited"
        async with request() as entered:
            assert entered == "entered"

    with recording(tmp_path) as made:
        asyncio.run(main())
        assert [execution.status for execution in made.executions()] == ["success", "success"]
