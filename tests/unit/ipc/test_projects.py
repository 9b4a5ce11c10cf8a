"""Several histories at once: opened when needed, closed when unused, each with its own records."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from flightlog.clock import utc_now
from flightlog.errors import StoreClosedError, StoreUnavailableError
from flightlog.ipc import routing
from flightlog.ipc.projects import MAX_OPEN, OpenProjects
from flightlog.ipc.recording import RecordingRules
from flightlog.ipc.routing import RoutedStore
from flightlog.logger import ExecutionLogger, project_database
from flightlog.record.model import Message
from flightlog.store.base import ExecutionQuery, LogResult
from flightlog.store.metrics import Scope
from flightlog.store.summaries import SummaryQuery
from support.records import record


@pytest.fixture
def projects(tmp_path: Path) -> list[str]:
    """More projects than stay open."""
    paths = [tmp_path / f"project-{number}" for number in range(MAX_OPEN + 4)]
    for path in paths:
        path.mkdir()
    return [str(path) for path in paths]


@pytest.fixture
def histories(projects: list[str]) -> Iterator[OpenProjects]:
    """Open histories; the first project is current."""
    histories = OpenProjects(project_database(projects[0]), projects[0])
    yield histories
    histories.close()


def log(histories: OpenProjects, project: str, *ids: str) -> None:
    """Store executions in a project's history."""
    with ExecutionLogger.for_project(project) as logger:
        logger.log_executions([record(one) for one in ids])


def lend(
    histories: OpenProjects, project: str | None = None
) -> AbstractContextManager[ExecutionLogger]:
    """Open a project's history, or the current one, while the `with` block runs."""
    return histories.reopened(histories.find(project))


def test_a_few_stay_open_and_the_current_one_always(
    histories: OpenProjects, projects: list[str]
) -> None:
    """Every project can be used, however many projects there are."""
    for project in projects:
        log(histories, project, "a")
    for project in projects[1:]:
        with lend(histories, project) as logger:
            assert logger.get_execution("a") is not None
    open_now = [history.project for history in histories.all_open()]
    assert len(open_now) == MAX_OPEN
    assert histories.current.project == projects[0]
    assert projects[0] in open_now
    with lend(histories) as logger:
        assert logger.get_execution("a") is not None


def test_who_is_lent_a_history_keeps_it(histories: OpenProjects, projects: list[str]) -> None:
    """A lent history stays open while many others are opened and closed."""
    for project in projects:
        log(histories, project, "a")
    with lend(histories, projects[1]) as logger:
        for project in projects[2:]:
            with lend(histories, project):
                pass
        assert logger.get_execution("a") is not None


def test_one_directory_written_in_two_ways_is_one_project(
    histories: OpenProjects, projects: list[str], tmp_path: Path
) -> None:
    """Links and dots in a path don't change the project."""
    link = tmp_path / "link"
    link.symlink_to(projects[0])
    for written in (str(link), f"{projects[0]}/.", f"{projects[1]}/../project-0"):
        with lend(histories, written) as logger, lend(histories) as current:
            assert logger is current


def test_a_failure_to_open_is_told_each_time_and_leaves_nothing(
    histories: OpenProjects, projects: list[str], tmp_path: Path
) -> None:
    """The current history stays current after a failed switch."""
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            histories.switch(str(tmp_path / "nowhere"))
    assert [history.project for history in histories.all_open()] == [projects[0]]
    histories.close()
    with pytest.raises(StoreClosedError), lend(histories):
        pass


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


def test_a_viewer_reads_the_current_history(histories: OpenProjects, projects: list[str]) -> None:
    """Every view reads the current history, and a switch changes `foreign_changes`."""
    logger = ExecutionLogger("unused.db", store=RoutedStore(histories, RecordingRules(utc_now)))
    logger.log_executions([record("a"), record("b", status="error", error={"message": "no"})])
    views, newest = logger.views, SummaryQuery()
    assert [one.id for one in views.summaries(newest).summaries] == ["b", "a"]
    assert [one.id for one in views.summaries_of(["a"], newest.filter)] == ["a"]
    assert views.counts(Scope()).total == views.workflows(Scope())[0].total == 2
    assert sum(point.error for point in views.series(Scope(), 10).points) == 1
    assert views.projects() == ()
    assert [one.node_id for one in views.nodes(Scope(), 10)] == ["charge"]
    assert [one.message for one in views.errors(Scope(), 10).errors] == ["no"]
    assert views.outline("a") is not None
    assert views.payload_key("a", "trigger") is not None
    assert logger.set_star("a", starred=True)
    before = logger.foreign_changes()
    histories.switch(projects[1])
    assert logger.foreign_changes() != before
    assert views.summaries(newest).summaries == ()
    assert not logger.set_star("a", starred=True)
    assert logger.delete_executions(["a"]) == 0
    histories.switch(projects[0])
    assert logger.delete_executions(["a", "b"]) == 2


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
