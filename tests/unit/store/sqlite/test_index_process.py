"""Reading for the index in a process of its own, which is a real one here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightlog.store.model_calls import StoredCall
from flightlog.store.sqlite import SqliteStore
from flightlog.store.sqlite.index_process import PORTIONS_BEHIND, IndexProcess
from support.records import record

SIZE = 2**20
NOW_S = 2_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a history, whose name is not UTF-8."""
    return tmp_path / "h\udcffistory.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """Open a history with three executions that wait."""
    store = SqliteStore(path)
    store.merge([record(f"run-{number}") for number in range(3)])
    yield store
    store.close()


@pytest.fixture
def process(path: Path, store: SqliteStore) -> Iterator[IndexProcess]:
    """Start the process."""
    assert store is not None
    process = IndexProcess(path)
    for _ in range(PORTIONS_BEHIND):
        assert process.read(NOW_S, SIZE) is None
        process.note(more=True)
    yield process
    process.close()


def read(process: IndexProcess, size: int = SIZE) -> list[int]:
    """Read a portion, and return its ordinals."""
    portion = process.read(NOW_S, size)
    assert portion is not None
    return [entry.ordinal for entry in portion.entries]


def test_a_portion_that_is_not_written_is_read_again(process: IndexProcess) -> None:
    """Entries that may not be written yet are left out of the next portion only."""
    assert read(process, 1) == [3]
    assert read(process, 1) == [2]
    assert read(process, 1) == [3]


def test_calls_of_models_come_from_the_process(store: SqliteStore, process: IndexProcess) -> None:
    """The tokens of a call arrive with the terms."""
    answer = {
        "model": "m",
        "usage": {"prompt_tokens": 10, "completion_tokens": 1},
        "choices": [{"message": {"role": "assistant", "content": "Hi"}}],
    }
    node = {"nodeId": "n", "nodeName": "n", "nodeType": "t", "status": "success", "output": answer}
    store.merge([record("asked", nodeExecutions=[node])])
    portion = process.read(NOW_S, SIZE)
    assert portion is not None
    assert [entry.calls for entry in portion.entries] == [
        (StoredCall("m", 10, None, 1),),
        (),
        (),
        (),
    ]


def test_a_process_starts_only_for_an_index_that_is_behind(path: Path, store: SqliteStore) -> None:
    """A portion that leaves no execution begins the count anew."""
    assert store is not None
    process = IndexProcess(path)
    for _ in range(2):
        for _ in range(PORTIONS_BEHIND - 1):
            process.note(more=True)
        process.note(more=False)
    assert process.read(NOW_S, SIZE) is None
    process.close()


def test_an_idle_process_ends(process: IndexProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without work is closed, and the caller reads again."""
    monkeypatch.setattr("flightlog.store.sqlite.index_process._IDLE_S", -1)
    assert read(process) == [3, 2, 1]
    assert read(process) == []
    assert process.read(NOW_S, SIZE) is None


def test_a_process_whose_file_is_exchanged_ends(
    path: Path, store: SqliteStore, process: IndexProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """Executions of another file are never read, and the log says that the process ended."""
    assert read(process) == [3, 2, 1]
    store.close()
    path.rename(path.with_name("away.db"))
    path.touch()
    with caplog.at_level(logging.WARNING):
        assert process.read(NOW_S, SIZE) is None
    assert "its work goes on here" in caplog.text
    assert process.read(NOW_S, SIZE) is None
