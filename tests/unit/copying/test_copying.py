from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from flightlog.copying.copying import Copied, Copy, Step
from flightlog.copying.progress import Place, ProgressFile
from flightlog.copying.states import hash_runs, read_pages
from flightlog.record.decoding import decode_execution
from flightlog.record.model import Payload, WorkflowExecution
from flightlog.store.postgres import PostgresStore
from flightlog.store.retention import REMOVED_REASON, RetentionLimits
from flightlog.store.saved_queries import SavedQuery
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.states import MAX_STATES
from flightlog.store.writer import ExecutionStore
from support.postgres import PostgresHistories
from support.programs import run_program
from support.pruning import prune_all
from support.records import record

NODE: dict[str, Any] = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
PLACEHOLDER = {"$flightlog": "dropped", "reason": REMOVED_REASON, "size": 900}

MakeStore = Callable[[str], SqliteStore]


@pytest.fixture
def make_store(tmp_path: Path) -> Iterator[MakeStore]:
    """Make empty stores, and close them at the end."""
    stores = []

    def make(name: str) -> SqliteStore:
        store = SqliteStore(tmp_path / f"{name}.db", SqliteSettings(synchronous="normal"))
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def source(make_store: MakeStore) -> SqliteStore:
    """Make the empty source."""
    return make_store("source")


@pytest.fixture
def target(make_store: MakeStore) -> SqliteStore:
    """Make the empty target."""
    return make_store("target")


@pytest.fixture
def progress(tmp_path: Path) -> ProgressFile:
    """Make the progress of a copy that never ran."""
    return ProgressFile(tmp_path / "progress.json")


def copy(
    source: ExecutionStore, target: ExecutionStore, progress: ProgressFile, *, erases: bool = False
) -> Copied:
    """Copy the source into the target."""
    return Copy(source, target, target, progress, erases=erases).run()


def hashes(store: ExecutionStore) -> list[tuple[Any, ...]]:
    """Hash every state of a store."""
    return [tuple(each) for page in [*read_pages(store)] for each in hash_runs(page.states)]


def decode(payload: Payload) -> Any:
    """Decode a payload that is present."""
    assert payload is not UNSET
    return json.loads(bytes(payload))


def many(number: int) -> list[WorkflowExecution]:
    """Make records of executions."""
    return [
        record(f"e{each:04}", nodeExecutions=[{**NODE, "input": each}]) for each in range(number)
    ]


def test_a_copy_has_executions_stars_queries_ledger_and_deletions(
    source: SqliteStore, target: SqliteStore, progress: ProgressFile
) -> None:
    """All that records and people have brought is in the copy, and nothing is counted twice."""
    message = {"message": {"processId": "p", "number": 3}}
    source.merge([record("a", **message), record("b", starred=True), record("gone")])
    source.delete("gone")
    source.save_query("failed", "status:error")
    source.save_query("other", "status:error")
    target.save_query("other", "status:success")
    assert copy(source, target, progress) == Copied(
        created=2, equal=2, saved_queries=1, other_queries=["other"]
    )
    assert hashes(target) == hashes(source)
    assert target.read_ledger() == source.read_ledger()
    assert target.merge([record("gone")]).deleted == ("gone",)
    assert target.list_saved_queries() == (
        SavedQuery(name="failed", query="status:error"),
        SavedQuery(name="other", query="status:success"),
    )
    assert copy(source, target, progress).unchanged == 2
    assert target.read_stats() == source.read_stats()


def test_copies_in_both_directions_synchronise(
    source: SqliteStore, target: SqliteStore, progress: ProgressFile
) -> None:
    """Executions of the target alone stay, and the way back brings them to the source."""
    running: dict[str, Any] = {"status": "running", "completedAt": None, "durationMs": None}
    source.merge([record("a", **running), record("b")])
    target.merge([record("a", revision=5), record("c")])
    copied = copy(source, target, progress)
    assert (copied.created, copied.equal, copied.greater, copied.different) == (1, 1, 1, [])
    copied = copy(target, source, progress)
    assert (copied.created, copied.changed, copied.equal) == (1, 1, 3)
    assert hashes(target) == hashes(source)


def test_a_deletion_in_the_target_stays_and_one_in_the_source_spreads_only_on_request(
    source: SqliteStore, target: SqliteStore, progress: ProgressFile
) -> None:
    """A copy brings nothing back, and erases nothing unless it is asked to."""
    source.merge(many(3))
    copy(source, target, progress)
    source.delete("e0000")
    target.delete("e0001")
    copied = copy(source, target, progress)
    assert (copied.deleted, copied.kept, copied.erased, copied.equal) == (1, 1, 0, 1)
    assert target.get("e0000") is not None
    copied = copy(source, target, progress, erases=True)
    assert (copied.deleted, copied.kept, copied.erased) == (1, 0, 1)
    assert target.get("e0000") is None
    assert target.get("e0001") is None
    assert target.merge([record("e0000")]).deleted == ("e0000",)


def test_a_payload_that_limits_have_removed_does_not_replace_the_payload(
    source: SqliteStore, target: SqliteStore, progress: ProgressFile
) -> None:
    """The target keeps a payload that the source has dropped, and gets the other values."""
    for store, value in ((source, PLACEHOLDER), (target, {"a": "b" * 900})):
        store.merge([record("a", nodeExecutions=[{**NODE, "input": value, "output": PLACEHOLDER}])])
    source.merge([record("a", revision=7, name="renamed", nodeExecutions=[])])
    source.merge([record("b", nodeExecutions=[{**NODE, "input": PLACEHOLDER}])])
    copied = copy(source, target, progress)
    assert (copied.created, copied.changed, copied.greater, copied.different) == (1, 1, 1, [])
    found = target.get("a")
    assert found is not None
    assert found.name == "renamed"
    assert decode(found.node_executions[0].input) == {"a": "b" * 900}
    kept = target.get("b")
    assert kept is not None
    assert decode(kept.node_executions[0].input) == PLACEHOLDER


def test_progress_is_reported_for_each_page_of_both_steps(
    source: SqliteStore, target: SqliteStore, progress: ProgressFile
) -> None:
    """The number grows to the number of executions, first while copying, then while comparing."""
    source.merge(many(MAX_STATES + 5))
    seen: list[tuple[Step, int]] = []
    Copy(source, target, target, progress, lambda *done: seen.append(done)).run()
    assert seen == [
        (step, number) for step in ("copy", "compare") for number in (MAX_STATES, MAX_STATES + 5)
    ]


@pytest.mark.parametrize("cursor", ["none of ours", "", None])
def test_a_wrong_place_costs_time_but_no_execution(
    cursor: str | None, source: SqliteStore, target: SqliteStore, progress: ProgressFile
) -> None:
    """A place of another version begins anew; a place of another target is mended by comparing."""
    source.merge(many(MAX_STATES + 5))
    if cursor is None:
        cursor = source.read_states().next_cursor
        assert cursor is not None
    progress.write(Place(cursor=cursor, executions=MAX_STATES))
    copied = copy(source, target, progress)
    assert (copied.equal, copied.different) == (MAX_STATES + 5, [])
    assert progress.read() is None


def test_a_killed_copy_goes_on_where_it_was(
    tmp_path: Path, source: SqliteStore, target: SqliteStore
) -> None:
    """A process that dies after each page, then while comparing, loses and repeats nothing."""
    source.merge(many(3 * MAX_STATES))
    paths = (tmp_path / "source.db", tmp_path / "target.db", tmp_path / "progress.json")
    began = [
        int(run_program("copy_dies_after_pages", *paths, pages, expected_code=-signal.SIGKILL))
        for pages in (1, 1, 2)
    ]
    assert began == [0, MAX_STATES, 2 * MAX_STATES]
    assert run_program("copy_dies_after_pages", *paths, 0) == f"{2 * MAX_STATES}\n"
    assert hashes(target) == hashes(source)
    assert target.read_stats() == source.read_stats()


def test_copies_through_postgresql_keep_every_state(
    source: SqliteStore,
    target: SqliteStore,
    progress: ProgressFile,
    postgres_histories: PostgresHistories,
) -> None:
    """Payloads, versions, runs, deletions and the ledger are the same after two copies."""
    payloads = ('{"b":1,"a":1e400,"b":"\\ud800\\u0000"}', '"' + "large" * 4_000 + '"', "null")
    source.merge(
        [
            decode_execution(
                b'{"id":"p%d","workflowId":"w\\u0000","workflowName":"W","status":"running",'
                b'"startedAt":"2026-11-22","processId":"p","message":{"processId":"p","number":%d},'
                b'"nodeExecutions":[{"nodeId":"n","nodeName":"N","nodeType":"t","status":"running",'
                b'"input":%s}]}' % (number, 2 * number + 1, payload.encode())
            )
            for number, payload in enumerate(payloads)
        ]
    )
    source.mark_crashed("p")
    runs = [f"0193a7f2-8c1e-7c3a-9d51-{number:012}" for number in range(3)]
    source.merge([*many(MAX_STATES), *(record("run", runId=run, starred=True) for run in runs)])
    source.delete(f"run@run-{runs[1]}")
    server = PostgresStore(postgres_histories.url, postgres_histories.take())
    try:
        number = len(payloads) + MAX_STATES + 2
        for copied in (copy(source, server, progress), copy(server, target, progress)):
            assert (copied.created, copied.equal, copied.different) == (number, number, [])
        assert hashes(source) == hashes(server) == hashes(target)
        assert copy(target, server, progress).unchanged == number
        for store in (server, target):
            assert store.read_tombstones() == source.read_tombstones()
            assert store.read_process_numbers() == source.read_process_numbers()
            assert store.read_stats() == source.read_stats()
            assert store.get("run") == source.get("run")
            assert store.get("p1") == source.get("p1")
    finally:
        server.close()
        postgres_histories.give_back()


OUTDATED = RetentionLimits(successful_before="2027-01-01T00:00:00Z")


def start(minute: int, **fields: Any) -> WorkflowExecution:
    """Make a record of an execution that started at a minute."""
    return record(f"at-{minute}", startedAt=f"2026-11-22T10:{minute:02}:00Z", **fields)


def count_removed(store: ExecutionStore) -> int:
    """Count the executions that retention has removed, as the overview shows them."""
    removed = store.read_stats().removed
    return 0 if removed is None else removed.total


def test_a_moved_history_keeps_the_counts_of_removed_executions(
    source: SqliteStore, target: SqliteStore, progress: ProgressFile
) -> None:
    """Copies count removed executions once, however often they run, and in both directions."""
    source.merge([start(each, durationMs=10) for each in range(5)])
    source.merge([start(20, starred=True)])
    prune_all(source, OUTDATED)
    for _ in range(2):
        copy(source, target, progress)
        assert target.read_stats() == source.read_stats()
    copy(target, source, progress)
    assert (count_removed(source), count_removed(target)) == (5, 5)
    source.merge([start(5, durationMs=20)])
    prune_all(source, OUTDATED)
    copy(source, target, progress)
    assert target.read_stats().removed == source.read_stats().removed
    assert count_removed(target) == 6


def test_an_archive_does_not_count_executions_that_it_keeps(
    source: SqliteStore, target: SqliteStore, progress: ProgressFile
) -> None:
    """Only the executions that the source removed before they were copied count as removed."""
    source.merge([start(0), start(20)])
    prune_all(source, OUTDATED)
    source.merge([start(each) for each in range(1, 4)])
    copy(source, target, progress)
    prune_all(source, OUTDATED)
    copy(source, target, progress)
    assert (target.read_stats().total, count_removed(target)) == (4, 1)
    assert count_removed(source) == 4
