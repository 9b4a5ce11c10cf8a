"""Records and reads of several projects, each in the history where it belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from flightlog.clock import utc_now
from flightlog.errors import StoreError
from flightlog.ipc import routing
from flightlog.ipc.projects import OpenProjects
from flightlog.ipc.recording import RecordingRules
from flightlog.ipc.routing import ProjectRouter
from flightlog.logger import ExecutionLogger, project_database
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.batching import Batcher, Stored
from flightlog.receiver.histories import group_records, mark_crashed, note_sent
from flightlog.receiver.leases import Leases
from flightlog.receiver.rights import Right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.record.decoding import encode_execution
from flightlog.record.model import Message, WorkflowExecution
from flightlog.redaction import Redactor
from flightlog.store.results import LogResult
from support.records import record

from .conftest import lend


def log(router: ProjectRouter, records: Sequence[WorkflowExecution]) -> None:
    """Store records where they belong."""
    for history, group in group_records(router, records).items():
        for outcome in history.log([group]):
            assert isinstance(outcome, LogResult)


def list_ids(project: str) -> dict[str, str]:
    """List the ids and statuses of a project's executions."""
    with ExecutionLogger.for_project(project) as reader:
        found = reader.get_executions("order-intake", 1_000)
    return {execution.id: execution.status for execution in found}


def test_records_of_a_process_stay_in_its_project_after_a_switch(
    histories: OpenProjects, projects: list[str]
) -> None:
    """A record follows its process; a record without a process follows its running execution."""
    router = ProjectRouter(histories, RecordingRules(utc_now))
    first = [
        record("a", status="running", processId="p"),
        record("b", status="running"),
        record("c"),
    ]
    log(router, first)
    histories.switch(projects[1])
    later = [
        record("a", processId="p", revision=1),
        record("b", revision=1),
        record("c", revision=1),
        record("d", processId="p"),
        record("e", processId="q"),
    ]
    log(router, later)
    assert list_ids(projects[0]) == dict.fromkeys("abcd", "success")
    assert list_ids(projects[1]) == dict.fromkeys("ce", "success")


def test_clients_read_the_current_history(histories: OpenProjects, projects: list[str]) -> None:
    """Reads follow a switch, and changes of every project are reported."""
    router = ProjectRouter(histories, RecordingRules(utc_now))
    changes: list[str] = []
    unsubscribe = router.subscribe(changes.extend)
    log(router, [record("a"), record("b")])
    histories.switch(projects[1])
    with router.get_current().lend() as logger:
        assert logger.get_execution("a") is None
        logger.log_execution(record("c"))
    histories.switch(None)
    with router.get_current().lend() as logger:
        assert logger.get_execution("a") == record("a")
        assert logger.path == router.path
    assert changes == ["a", "b", "c"]
    unsubscribe()
    log(router, [record("d")])
    assert changes == ["a", "b", "c"]


def test_a_process_is_judged_and_counted_in_its_project(
    histories: OpenProjects, projects: list[str]
) -> None:
    """A process's messages, its end and its running executions stay in its first project."""
    router = ProjectRouter(histories, RecordingRules(utc_now))
    message = Message(process_id="p", number=1)
    log(router, [record("a", status="running", processId="p", message=message)])
    histories.switch(projects[1])
    log(router, [record("b", status="running", processId="q")])
    running: set[str] = set()
    for history in router.list_open():
        with history.lend() as logger:
            running.update(logger.reader.list_running_processes())
    assert running == {"p", "q"}
    note_sent(router, "p", 2)
    missing = []
    for project in projects[:2]:
        with lend(histories, project) as lent:
            assert lent is not None
            missing.append(lent.reader.read_ledger().missing)
    assert missing == [1, 0]
    assert mark_crashed(router, "p") == 1
    assert mark_crashed(router, "p") == 0
    assert list_ids(projects[0]) == {"a": "error"}
    assert list_ids(projects[1]) == {"b": "running"}


def test_many_threads_use_many_projects(histories: OpenProjects, projects: list[str]) -> None:
    """While the current project changes, every record is stored exactly once."""
    router = ProjectRouter(histories, RecordingRules(utc_now))

    def work(number: int) -> None:
        if number % 7 == 0:
            histories.switch(projects[number % len(projects)])
        log(router, [record(f"run-{number}")])
        with lend(histories, projects[number % len(projects)]) as lent:
            if lent is not None:
                lent.get_stats()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    found: list[str] = []
    for project in projects:
        if project_database(project).exists():
            found += list_ids(project)
    assert sorted(found) == sorted(f"run-{number}" for number in range(200))


def test_processes_with_the_oldest_messages_are_forgotten_first(
    histories: OpenProjects, projects: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The router remembers a bounded number of processes."""
    monkeypatch.setattr(routing, "MAX_REMEMBERED", 2)
    router = ProjectRouter(histories, RecordingRules(utc_now))
    log(router, [record(name, processId=name) for name in ("p", "q", "r")])
    histories.switch(projects[1])
    log(router, [record("p", processId="p"), record("r", processId="r")])
    assert set(list_ids(projects[0])) == {"p", "q", "r"}
    assert set(list_ids(projects[1])) == {"p"}


def test_a_history_that_cannot_be_opened_fails_only_its_own_requests(
    histories: OpenProjects, projects: list[str]
) -> None:
    """Bodies for several histories arrive together; each history stores its own in one call."""
    router = ProjectRouter(histories, RecordingRules(utc_now))
    log(router, [record("a", status="running", processId="p")])
    histories.switch(projects[1])
    histories.current.close()
    broken = project_database(projects[1])
    for file in broken.parent.iterdir():
        file.unlink()
    broken.write_bytes(b"not a database at all" * 100)

    async def scenario() -> list[Stored | BaseException]:
        batcher = Batcher(router, Redactor(b"a key of the tests"), Leases(60))
        bodies = [
            encode_execution(record("a", processId="p", revision=1)),
            encode_execution(record("b", processId="q")),
            encode_execution(record("c", processId="p"))
            + b"\n"
            + encode_execution(record("d", processId="q")),
        ]
        try:
            return await asyncio.gather(
                *(batcher.store(body, many=True, redacted=True) for body in bodies),
                return_exceptions=True,
            )
        finally:
            await asyncio.to_thread(batcher.close)

    outcomes = asyncio.run(scenario())
    assert isinstance(outcomes[0], Stored)
    assert isinstance(outcomes[1], StoreError)
    assert isinstance(outcomes[2], StoreError)
    assert list_ids(projects[0]) == {"a": "success", "c": "success"}


def test_a_token_of_a_project_gives_no_right_to_another_one(
    histories: OpenProjects, projects: list[str]
) -> None:
    """The receiver accepts the tokens of the current project alone."""
    tokens = {}
    for project in projects[:2]:
        histories.switch(project)
        tokens[project], _ = TokenDirectory.beside(project_database(project)).create([Right.READ])
    router = ProjectRouter(histories, RecordingRules(utc_now))
    with Receiver(router, ReceiverSettings(port=0)).running() as receiver:
        for current in projects[:2]:
            histories.switch(current)
            for project, token in tokens.items():
                answer = httpx.get(
                    f"{receiver.url}/api/counts", headers={"authorization": f"Bearer {token}"}
                )
                assert answer.status_code == (200 if project == current else 401)
