"""Recording a value neither consumes nor changes nor evaluates the value."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from flightlog.capture.encoding import encode_value


class Lazy:
    """A descriptor like an ORM's, which would query its database."""

    def __get__(self, instance: object, owner: type) -> object:
        """Fail the test."""
        pytest.fail("a lazy attribute was loaded")


def numbers() -> Iterator[int]:
    """Generate."""
    yield 1


def mark(kind: str, **members: object) -> dict[str, object]:
    """Write a placeholder."""
    return {"$flightlog": kind, **members}


def encoded(value: object) -> Any:
    """Encode a value and read it back."""
    return json.loads(encode_value(value, 100_000))


def test_lazy_field_is_not_loaded() -> None:
    """A field that only its own code can compute is not read; a loaded field is read."""
    kind = dataclasses.make_dataclass("Row", [("id", int), ("lines", object)], init=False)
    kind.lines = Lazy()  # type: ignore[attr-defined]  # as SQLAlchemy instruments a class
    row = kind()
    row.id = 1
    assert encoded(row) == {"id": 1, "lines": mark("unread")}
    row.lines = [1]
    assert encoded(row) == {"id": 1, "lines": [1]}


def test_file_is_described_and_not_read(tmp_path: Path) -> None:
    """An open file keeps its position; a closed file is described, too."""
    path = tmp_path / "rows.csv"
    path.write_text("a\nb\n")
    with path.open() as file:
        file.readline()
        place = file.tell()
        found = encoded(file)
        assert file.tell() == place
    expected = mark("file", type="_io.TextIOWrapper", mode="r", name=str(path))
    assert found == encoded(file) == expected


def test_generators_are_described_and_not_advanced() -> None:
    """Generators and iterators keep all their items."""

    async def stream() -> AsyncIterator[int]:
        yield 7

    async def wait() -> int:
        return 8

    async def run() -> list[int]:
        generator, iterator, chunks, waiting = numbers(), map(abs, [-5]), stream(), wait()
        values = [generator, iterator, chunks, waiting]
        kinds = [form["$flightlog"] for form in encoded(values)]
        assert kinds == ["generator", "iterator", "async_generator", "coroutine"]
        return [*generator, *iterator, *[chunk async for chunk in chunks], await waiting]

    assert asyncio.run(run()) == [1, 5, 7, 8]


def test_no_library_is_imported_for_it() -> None:
    """Values of numpy and pydantic are recognized without importing these libraries."""
    code = (
        "import sys, flightlog.capture.encoding as e; e.encode_value({1: object()}, 99);"
        "print(*{'numpy', 'pydantic', 'attr', 'attrs'}.intersection(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, check=True, capture_output=True).stdout.strip() == b""


def test_containers_stay_as_they_were() -> None:
    """Sorting and truncating use a copy."""
    value = {"set": {"b", "a"}, "rows": [[3, {1}], [1, b"x"]], 5: [*range(500)]}
    before = copy.deepcopy(value)
    encode_value(value, 300)
    encode_value(value, 100_000)
    assert value == before
    assert list(value) == list(before)


@pytest.mark.parametrize("odd", [None, object()], ids=["plain", "odd"])
def test_value_that_other_threads_change_is_recorded_all_the_same(odd: object) -> None:
    """A dict and a set that grow and shrink meanwhile give valid JSON each time."""
    rows: dict[object, object] = {}
    seen: set[int] = set()
    value = {"odd": odd, "rows": rows, "seen": seen}
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for number in range(100):
                rows[str(number)] = [number]
                seen.add(number)
            rows.clear()
            seen.clear()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(500):
            assert set(encoded(value)) == {"odd", "rows", "seen"}
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(interval)
