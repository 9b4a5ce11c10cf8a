from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from flightlog.clock import utc_now
from flightlog.ipc import routing
from flightlog.ipc.projects import OpenProjects
from flightlog.ipc.recording import RecordingRules
from flightlog.ipc.routing import RoutedStore
from flightlog.logger import ExecutionLogger, project_database
from flightlog.record.model import Message
from flightlog.store.base import LogResult
from flightlog.store.query import ExecutionQuery
from support.records import record

from .conftest import lend


def test_what_a_project_runs_is_stored_there_after_a_switch(
    histories: OpenProjects, projects: list[str]
) -> None:
    """A record follows its process; a record without a process follows its running execution."""
    logger = ExecutionLogger("unused.db", store=RoutedStore(histories, RecordingRules(utc_now)))
    first = [
        record("a", status="running", processId="p"),
        record("b", status="running"),
        record("c"),
    ]
    assert logger.log_executions(first).created == 3
    histories.switch(projects[1])
    later = [
        record("a", processId="p", revision=1),
        record("b", revision=1),
        record("c", revision=1),
        record("d", processId="p"),
        record("e", processId="q"),
    ]
    result = logger.log_executions(later)
    assert (result.created, result.changed) == (3, 2)
    found = {}
    for project in projects[:2]:
        with ExecutionLogger.for_project(project) as reader:
            page = reader.query(ExecutionQuery())
            found[project] = {one.id: one.status for one in page.executions}
    assert found[projects[0]] == dict.fromkeys("abcd", "success")
    assert found[projects[1]] == dict.fromkeys("ce", "success")


def test_a_process_is_judged_and_counted_where_it_belongs(
    histories: OpenProjects, projects: list[str]
) -> None:
    """A process's messages, its end and its running executions stay in its first project."""
    logger = ExecutionLogger("unused.db", store=RoutedStore(histories, RecordingRules(utc_now)))
    message = Message(process_id="p", number=1)
    logger.log_execution(record("a", status="running", processId="p", message=message))
    histories.switch(projects[1])
    logger.log_execution(record("b", status="running", processId="q"))
    assert set(logger.running_processes()) == {"p", "q"}
    logger.note_sent("p", 2)
    assert logger.ledger().missing == 0
    with lend(histories, projects[0]) as left:
        assert left is not None
        assert left.ledger().missing == 1
    assert logger.mark_crashed("p") == 1
    assert logger.mark_crashed("p") == 0
    assert logger.running_processes() == ("q",)


def test_everything_else_is_the_current_projects(
    histories: OpenProjects, projects: list[str]
) -> None:
    """Reads, counts and erasures use the current project; changes of all projects are reported."""
    logger = ExecutionLogger("unused.db", store=RoutedStore(histories, RecordingRules(utc_now)))
    changes: list[str] = []
    unsubscribe = logger.subscribe(changes.extend)
    logger.log_executions([record("a"), record("b")])
    histories.switch(projects[1])
    assert logger.get_execution("a") is None
    histories.switch(None)
    assert logger.get_execution("a") == record("a")
    assert logger.get_payload("a", "input", 0) == record("a").node_executions[0].input
    assert logger.get_stats().total == logger.health().executions == 2
    assert logger.delete_execution("a")
    assert logger.clear_executions_before("2027-01-01") == 1
    assert logger.clear_workflow_executions("order-intake") == 0
    assert logger.get_executions("order-intake") == []
    assert changes == ["a", "b", "a", "b"]
    unsubscribe()
    logger.log_execution(record("c"))
    assert changes == ["a", "b", "a", "b"]
    logger.close()
    with lend(histories) as still_open:
        assert still_open is not None
        assert still_open.get_execution("c") is not None


def test_many_threads_use_many_projects(histories: OpenProjects, projects: list[str]) -> None:
    """While the current project changes, every record is stored exactly once."""
    logger = ExecutionLogger("unused.db", store=RoutedStore(histories, RecordingRules(utc_now)))

    def work(number: int) -> None:
        if number % 7 == 0:
            histories.switch(projects[number % len(projects)])
        logger.log_execution(record(f"run-{number}"))
        with lend(histories, projects[number % len(projects)]) as lent:
            if lent is not None:
                lent.get_stats()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    found: list[str] = []
    for project in projects:
        if project_database(project).exists():
            with ExecutionLogger.for_project(project) as reader:
                found += [one.id for one in reader.get_executions("order-intake", 1_000)]
    assert sorted(found) == sorted(f"run-{number}" for number in range(200))


def test_what_is_remembered_of_processes_is_bounded(
    histories: OpenProjects, projects: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store forgets the processes with the oldest messages first."""
    monkeypatch.setattr(routing, "MAX_REMEMBERED", 2)
    logger = ExecutionLogger("unused.db", store=RoutedStore(histories, RecordingRules(utc_now)))
    logger.log_executions([record(name, processId=name) for name in ("p", "q", "r")])
    histories.switch(projects[1])
    later = [record("p", processId="p"), record("r", processId="r")]
    assert logger.log_executions(later) == LogResult(created=1, unchanged=1)
