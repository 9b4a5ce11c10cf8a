"""
The receiver collects a dead process's spool and marks its executions as crashed.

Executions of living processes stay running.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.errors import StoreDisconnectedError, StoreFullError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.address import Address
from flightlog.receiver.histories import SingleHistory
from flightlog.receiver.leases import Leases
from flightlog.receiver.orphan_collector import OrphanCollector
from flightlog.spool import list_spools
from flightlog.store.results import Unfinished
from flightlog.store.sqlite import SqliteStore
from support.programs import read_line, run_program, start_program

MakeRecord = Callable[..., dict[str, Any]]
Waiting = Callable[[Callable[[], bool]], None]


@pytest.fixture
def spool_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the test's spool directory, which also serves processes that can't write there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / "spool"


@pytest.fixture
def served(own_logger: ExecutionLogger, spool_dir: Path) -> Iterator[Receiver]:
    """Run a receiver that watches `spool_dir`."""
    settings = ReceiverSettings(port=0, spool_dir=spool_dir, lease_s=0.2)
    with Receiver(own_logger, settings).running() as receiver:
        yield receiver


@pytest.fixture
def wait_until() -> Waiting:
    """Poll until a condition holds; fail at a time limit."""

    def wait(is_so: Callable[[], bool]) -> None:
        pause = threading.Event()
        for _ in range(600):
            if is_so():
                return
            pause.wait(0.05)
        raise AssertionError("it did not happen within 30 seconds")

    return wait


def start(spool_dir: Path, url: str, record: dict[str, Any]) -> tuple[subprocess.Popen[str], str]:
    """Start a process that has spooled a running execution and delivers nothing."""
    child = start_program("spool_holds_a_running_execution", spool_dir, url, json.dumps(record))
    return child, read_line(child)


def kill(child: subprocess.Popen[str]) -> None:
    """Kill a process with SIGKILL."""
    child.kill()
    child.communicate()


def crashed(url: str, execution_id: str) -> bool:
    """Check whether the receiver shows an execution as crashed."""
    answer = httpx.get(f"{url}/api/executions/{execution_id}")
    return answer.is_success and answer.json().get("error", {}).get("kind") == "crashed"


def spools(url: str) -> dict[str, int]:
    """Read the receiver's counts of spools."""
    answer = httpx.get(f"{url}/health").json()
    found: dict[str, int] = answer["spools"]
    return found


def test_what_a_killed_process_left_is_delivered_and_called_crashed(
    served: Receiver, spool_dir: Path, make_record: MakeRecord, wait_until: Waiting
) -> None:
    """After SIGKILL the nodes arrive and the execution crashes, without any further process."""
    record = make_record()
    kill(start(spool_dir, served.url, record)[0])
    wait_until(lambda: crashed(served.url, record["id"]))
    stored = httpx.get(f"{served.url}/api/executions/{record['id']}").json()
    assert stored["nodeExecutions"][0]["output"] == {"paid": True}
    wait_until(lambda: list_spools(spool_dir) == [])
    wait_until(lambda: spools(served.url) == {"waiting": 0, "bytes": 0})
    ledger = httpx.get(f"{served.url}/health").json()["ledger"]
    assert ledger == {"received": 1, "missing": 0, "processes": []}


def test_a_spool_that_is_delivered_an_hour_later_does_not_prolong_the_run(
    own_logger: ExecutionLogger, spool_dir: Path, tmp_path: Path, wait_until: Waiting
) -> None:
    """The last sign of life of a killed process is the latest time that the process recorded."""
    with Receiver(own_logger, ReceiverSettings(port=0, spool_dir=spool_dir)).running() as receiver:
        url = receiver.url
    run_program(
        "capture_dies_after_many_nodes", spool_dir, "kill", url, expected_code=-signal.SIGKILL
    )

    def an_hour_later() -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)

    settings = ReceiverSettings(port=httpx.URL(url).port or 0, spool_dir=spool_dir)
    with (
        ExecutionLogger(tmp_path / "later.db", clock=an_hour_later) as logger,
        Receiver(logger, settings).running(),
    ):
        wait_until(lambda: list_spools(spool_dir) == [])
        (summary,) = httpx.get(f"{url}/api/summaries").json()["summaries"]
        outline = httpx.get(f"{url}/api/executions/{summary['id']}/outline").json()
    last = max(node["startedAt"] for node in outline["nodes"])
    assert summary["error"]["kind"] == "crashed"
    assert summary["lastSeenAt"] == outline["execution"]["lastSeenAt"] == last


def test_a_living_process_is_left_alone_however_silent_it_is(
    served: Receiver, spool_dir: Path, make_record: MakeRecord, wait_until: Waiting
) -> None:
    """
    A process that holds its lock isn't marked, however often its lease runs out.

    After its death the process is marked.
    """
    record = make_record()
    child, process_id = start(spool_dir, served.url, record)
    running = record | {"status": "running", "processId": process_id}
    assert httpx.post(f"{served.url}/api/executions", json=running).is_success
    for _ in range(2):
        # The receiver assigns this process to another machine, so the process's lease can run out.
        strange = make_record(status="running", processId="elsewhere")
        assert httpx.post(f"{served.url}/api/executions", json=strange).is_success
        wait_until(partial(crashed, served.url, strange["id"]))
    assert not crashed(served.url, record["id"])
    assert len(list_spools(spool_dir)) == 1
    kill(child)
    wait_until(lambda: crashed(served.url, record["id"]))


def test_a_late_end_overrules_the_verdict_of_a_lease(
    served: Receiver, make_record: MakeRecord, wait_until: Waiting
) -> None:
    """A disconnected process of another machine replaces its presumed crash when it returns."""
    record = make_record(status="running", processId="cut off", completedAt=None)
    assert httpx.post(f"{served.url}/api/executions", json=record).is_success
    wait_until(lambda: crashed(served.url, record["id"]))
    end = record | {"status": "success", "completedAt": "2026-11-22T19:05:00Z", "revision": 2}
    assert httpx.post(f"{served.url}/api/executions", json=end).is_success
    stored = httpx.get(f"{served.url}/api/executions/{record['id']}").json()
    assert (stored["status"], "error" in stored) == ("success", False)


def test_a_process_that_another_receiver_hears_is_left_alone(
    own_logger: ExecutionLogger, make_record: MakeRecord, wait_until: Waiting, tmp_path: Path
) -> None:
    """Its lease at this receiver runs out all the time, but the history has its newest message."""
    for name, ago_s in (("elsewhere", 0), ("silent", 120)):
        started = (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat()
        running = make_record(
            id=name,
            status="running",
            startedAt=started,
            completedAt=None,
            processId=name,
            message={"processId": name, "number": 1},
            nodeExecutions=[],
        )
        own_logger.log_execution(running)
    leases = Leases(60)
    leases.begin(["elsewhere", "silent"])
    for moment_s in range(0, 65, 5):
        leases.advance(moment_s)
    assert sorted(leases.run_out()) == ["elsewhere", "silent"]
    address = Address("127.0.0.1", 3000, (), own_logger.path)
    collector = OrphanCollector(SingleHistory(own_logger), leases, address, [tmp_path / "spool"])

    def read_status(execution_id: str) -> str:
        execution = own_logger.get_execution(execution_id)
        assert execution is not None
        return execution.status

    try:
        wait_until(lambda: read_status("silent") == "error")
    finally:
        collector.close()
    assert read_status("elsewhere") == "running"


class AwayStore(SqliteStore):
    """A store whose server is away."""

    def list_unfinished(self) -> tuple[Unfinished, ...]:
        """Fail."""
        raise StoreDisconnectedError("postgresql://db/runs", "connection refused")


def test_a_history_that_is_away_is_one_line_of_the_log(
    tmp_path: Path, wait_until: Waiting, caplog: pytest.LogCaptureFixture
) -> None:
    """It isn't a fault of the receiver, so no stack is logged."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path, store=AwayStore(path)) as logger:
        address = Address("127.0.0.1", 3000, (), path)
        collector = OrphanCollector(SingleHistory(logger), Leases(60), address, [tmp_path / "no"])
        try:
            wait_until(lambda: "can't be checked now" in caplog.text)
        finally:
            collector.close()
    assert "connection refused" in caplog.text
    assert "Traceback" not in caplog.text


def test_executions_of_unknown_processes_are_never_judged(
    served: Receiver, make_record: MakeRecord, wait_until: Waiting
) -> None:
    """An execution without a process never crashes."""
    record = make_record(status="running")
    other = make_record(status="running", processId="silent")
    for item in (record, other):
        assert httpx.post(f"{served.url}/api/executions", json=item).is_success
    wait_until(lambda: crashed(served.url, other["id"]))
    assert not crashed(served.url, record["id"])


def test_a_restarted_receiver_gives_a_full_lease_and_then_judges(
    own_logger: ExecutionLogger, spool_dir: Path, make_record: MakeRecord, wait_until: Waiting
) -> None:
    """A process from before the receiver's start crashes after a full lease without a heartbeat."""
    record = make_record(status="running", processId="before")
    own_logger.log_execution(record)
    settings = ReceiverSettings(port=0, spool_dir=spool_dir, lease_s=0.2)
    with Receiver(own_logger, settings).running() as receiver:
        wait_until(lambda: crashed(receiver.url, record["id"]))


def test_what_was_to_go_into_the_history_itself_is_fetched(
    served: Receiver,
    own_logger: ExecutionLogger,
    spool_dir: Path,
    make_record: MakeRecord,
    wait_until: Waiting,
) -> None:
    """A spool for the database's file, without a receiver, is collected too."""
    record = make_record()
    kill(start(spool_dir, f"sqlite:{own_logger.path}", record)[0])
    wait_until(lambda: crashed(served.url, record["id"]))


def test_the_spool_of_another_receiver_waits(
    served: Receiver, spool_dir: Path, make_record: MakeRecord, wait_until: Waiting
) -> None:
    """/health counts a spool for another receiver, and the receiver doesn't touch the spool."""
    kill(start(spool_dir, "http://receiver.example:3000", make_record())[0])
    record = make_record()
    kill(start(spool_dir, served.url, record)[0])
    wait_until(lambda: crashed(served.url, record["id"]))
    wait_until(lambda: spools(served.url)["waiting"] == 1)
    (left,) = list_spools(spool_dir)
    assert spools(served.url) == {"waiting": 1, "bytes": left.size_bytes}
    assert left.owner is not None
    assert left.owner.url == "http://receiver.example:3000"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_a_spool_that_cannot_be_read_does_not_stop_the_others(
    served: Receiver,
    spool_dir: Path,
    make_record: MakeRecord,
    wait_until: Waiting,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    An unreadable spool is logged and retried with pauses, and doesn't stop the others.

    Once the spool is readable, the receiver collects it.
    """
    bad = make_record()
    child, process_id = start(spool_dir, served.url, bad)
    (segment,) = (spool_dir / process_id).glob("*.segment")
    segment.chmod(0)
    kill(child)
    good = make_record()
    kill(start(spool_dir, served.url, good)[0])
    wait_until(lambda: crashed(served.url, good["id"]))
    assert "can't be emptied" in caplog.text
    segment.chmod(0o600)
    wait_until(lambda: crashed(served.url, bad["id"]))


class FullStore(SqliteStore):
    """A store on a disk that is full until the test frees it."""

    def __init__(self, path: Path) -> None:
        self.is_full = threading.Event()
        self.is_full.set()
        self.refused = threading.Event()
        super().__init__(path)

    def _merge(self, requests: Any) -> Any:
        if self.is_full.is_set():
            self.refused.set()
            raise StoreFullError(str(self._path))
        return super()._merge(requests)


def test_a_full_disk_is_waited_for(
    tmp_path: Path,
    spool_dir: Path,
    make_record: MakeRecord,
    wait_until: Waiting,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    A full disk loses nothing: the spool stays until the store accepts it.

    The receiver reports the reason meanwhile.
    """
    record = make_record()
    store = FullStore(tmp_path / "full.db")
    with ExecutionLogger(tmp_path / "full.db", store=store) as logger:
        settings = ReceiverSettings(port=0, spool_dir=spool_dir)
        with Receiver(logger, settings).running() as receiver, caplog.at_level(logging.WARNING):
            kill(start(spool_dir, receiver.url, record)[0])
            assert store.refused.wait(30)
            wait_until(lambda: "disk is full" in caplog.text)
            assert len(list_spools(spool_dir)) == 1
            store.is_full.clear()
            wait_until(lambda: crashed(receiver.url, record["id"]))


def test_ending_leaves_a_spool_for_whoever_comes_next(
    tmp_path: Path, spool_dir: Path, make_record: MakeRecord
) -> None:
    """`close()` doesn't wait for a large spool; the rest of the spool stays on disk."""
    store = FullStore(tmp_path / "full.db")
    with ExecutionLogger(tmp_path / "full.db", store=store) as logger:
        receiver = Receiver(logger, ReceiverSettings(port=0, spool_dir=spool_dir))
        kill(start(spool_dir, receiver.url, make_record())[0])
        with receiver.running():
            assert store.refused.wait(30)
    assert len(list_spools(spool_dir)) == 1
    left = {thread.name for thread in threading.enumerate()}
    assert "flightlog-orphans" not in left


def test_the_nodes_of_a_worker_that_is_gone_are_judged_like_executions(
    served: Receiver, make_record: MakeRecord, wait_until: Waiting
) -> None:
    """
    A node crashes after the lease of its own process.

    The claim holds when its execution has ended, and when another process runs the execution.
    """
    node = make_record()["nodeExecutions"][0] | {"status": "running", "processId": "worker"}
    ended = make_record(nodeExecutions=[node], processId="parent")
    assert httpx.post(f"{served.url}/api/executions", json=ended).is_success

    def node_crashed() -> bool:
        stored = httpx.get(f"{served.url}/api/executions/{ended['id']}").json()
        (shown,) = stored["nodeExecutions"]
        return bool(shown.get("error", {}).get("kind") == "crashed")

    wait_until(node_crashed)
    stored = httpx.get(f"{served.url}/api/executions/{ended['id']}").json()
    assert stored["status"] == ended["status"]
