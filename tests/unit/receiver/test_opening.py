"""A receiver whose history is migrated while clients already send and read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw
import httpx
import pytest

from flightlog.delivery.http import HttpDestination
from flightlog.errors import StoreClosedError, StoreForeignError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.opening import OpeningHistory
from flightlog.record.decoding import encode_execution
from flightlog.secret_key import load_secret_key
from flightlog.spool import list_spools
from flightlog.store.address import parse_address
from flightlog.store.migration import MigrationMonitor, MigrationProgress, MigrationStep
from flightlog.store.opening import open_store
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from support.editor import make_editor_database
from support.old_histories import make_old_history
from support.programs import run_program
from support.records import record
from support.waiting import until

JSON: Final = {"content-type": "application/json"}
NEW: Final = encode_execution(record("new"))
STORED: Final = [record(f"run-{number}") for number in range(5)]


class HeldMonitor(MigrationMonitor):
    """Stops the migration at the first report of a step until the test goes on."""

    def __init__(self, monitor: MigrationMonitor, step: MigrationStep) -> None:
        super().__init__()
        self._monitor = monitor
        self._step = step
        self.reached = threading.Event()
        self.may_go_on = threading.Event()

    @property
    def is_cancelled(self) -> bool:
        """Whether the receiver ends the migration."""
        return self._monitor.is_cancelled

    def report(self, progress: MigrationProgress) -> None:
        """Pass the progress on, and wait at the step."""
        self._monitor.report(progress)
        if progress.step == self._step:
            self.reached.set()
            while not self.may_go_on.wait(0.01) and not self.is_cancelled:
                pass


@contextmanager
def migrating(
    path: Path, step: MigrationStep = "converting"
) -> Iterator[tuple[OpeningHistory, threading.Event]]:
    """Begin a migration, stop it at a step, and yield the event that lets it go on."""
    address = parse_address(path, "path")
    monitors: list[HeldMonitor] = []

    def open_history(monitor: MigrationMonitor) -> ExecutionLogger:
        monitors.append(HeldMonitor(monitor, step))
        return ExecutionLogger(address, store=open_store(address, monitor=monitors[0]))

    with OpeningHistory(address, open_history) as history:
        assert monitors[0].reached.wait(60)
        yield history, monitors[0].may_go_on


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a history of version 5."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(STORED)
    make_old_history(source, path, 5)
    path.chmod(0o600)
    return path


def read_version(path: Path) -> int:
    """Read the schema version of a file."""
    connection = apsw.Connection(str(path), apsw.SQLITE_OPEN_READONLY)
    version = int(connection.pragma("user_version"))
    connection.close()
    return version


@pytest.mark.parametrize("step", ["copying", "converting"])
def test_requests_get_503_while_the_history_is_migrated(old: Path, step: MigrationStep) -> None:
    """Every route of the history says how far the migration is; afterwards they all work."""
    with (
        migrating(old, step) as (history, may_go_on),
        Receiver(history, ReceiverSettings(port=0)).running() as receiver,
        httpx.Client(base_url=receiver.url) as client,
    ):
        for answer in (
            client.get("/health"),
            client.get("/api/executions"),
            client.get("/api/executions/run-1/outline"),
            client.get("/api/facets"),
            client.delete("/api/executions/run-1"),
            client.post("/api/executions", content=NEW, headers=JSON),
            client.put("/api/executions/run-1/star"),
        ):
            problem = answer.json()
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["retry-after"]) > 0
            assert (problem["code"], problem["retryable"]) == ("store_migrating", True)
            assert problem["migration"]["fromSchema"] == 5
            assert problem["migration"]["toSchema"] == SCHEMA_VERSION
            assert problem["migration"]["step"] == step
            assert 0 <= problem["migration"]["share"] < 1
            assert str(old.parent) not in answer.text
        assert client.get("/openapi.json").status_code == 200
        assert client.post("/api/links").status_code == 200
        may_go_on.set()
        until(lambda: client.get("/health").status_code == 200, "the history is open")
        assert client.get("/health").json()["history"]["executions"] == len(STORED)
        assert client.get("/api/executions/run-1/outline").status_code == 200
        sent = client.post("/api/executions", content=NEW, headers=JSON)
        assert sent.status_code == 200
    assert read_version(old) == SCHEMA_VERSION
    (backup,) = old.parent.glob("*.backup")
    assert read_version(backup) == 5


def test_delivery_waits_for_the_end_of_a_migration(old: Path) -> None:
    """A recorder's batch stays in its spool, and is confirmed after the migration."""
    line = encode_execution(record("sent"))
    with (
        migrating(old) as (history, may_go_on),
        Receiver(history, ReceiverSettings(port=0)).running() as receiver,
    ):
        destination = HttpDestination(receiver.url, load_secret_key())
        later = destination.send([line])
        assert (later.outcome, later.retry_after_s) == ("later", 2.0)
        assert not destination.report_process("p", last_number=1, ended=False)
        may_go_on.set()
        until(lambda: destination.send([line]).outcome == "delivered", "it is delivered")
        destination.close()
        with history.lend() as logger:
            assert logger.get_execution("sent") is not None


def test_the_spool_of_a_dead_process_is_delivered_after_the_migration(
    old: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The collector waits, and notes nothing about a spool that it can't deliver yet."""
    spool_dir = tmp_path / "spool"
    with migrating(old) as (history, may_go_on):
        settings = ReceiverSettings(port=0, spool_dir=spool_dir)
        with Receiver(history, settings).running() as receiver:
            line = encode_execution(record("left")).decode()
            run_program("spool_leaves_records", spool_dir, receiver.url, line)
            may_go_on.set()
            until(lambda: not list_spools(spool_dir), "the spool is delivered")
            with history.lend() as logger:
                assert logger.get_execution("left") is not None
    assert "not emptied" not in caplog.text
    assert "failed" not in caplog.text


def test_streams_are_reset_after_a_migration(old: Path) -> None:
    """A page that was opened during the migration learns that it must read everything."""
    with (
        migrating(old) as (history, may_go_on),
        Receiver(history, ReceiverSettings(port=0)).running() as receiver,
        httpx.Client(timeout=60) as client,
        client.stream("GET", f"{receiver.url}/api/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith(": listening"))
        may_go_on.set()
        assert next(line for line in lines if line.startswith("event: reset"))


@pytest.mark.parametrize("step", ["copying", "converting"])
def test_a_receiver_that_ends_leaves_the_history_as_it_was(old: Path, step: MigrationStep) -> None:
    """The migration is rolled back without a copy, and the next start migrates."""
    with migrating(old, step) as (history, _):
        history.close()
        with pytest.raises(StoreClosedError):
            history.lend()
    assert read_version(old) == 5
    assert list(old.parent.glob("*.backup")) == []
    with ExecutionLogger(old) as logger:
        assert logger.get_execution("run-1") == STORED[1]


def test_a_migration_that_fails_ends_the_receiver_with_its_error(tmp_path: Path) -> None:
    """`serve` returns by itself, the error is the one of opening, and no copy is left."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=False)
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE payloads (mine INTEGER)")
    connection.close()
    with migrating(path) as (history, may_go_on):
        receiver = Receiver(history, ReceiverSettings(port=0))
        history.call_on_failure(receiver.stop)
        may_go_on.set()
        receiver.serve()
        with pytest.raises(StoreForeignError, match="other tables"):
            history.raise_failure()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{receiver.url}/health")
    assert read_version(path) == 0
    assert list(tmp_path.glob("*.backup")) == []


def test_a_history_that_cannot_be_opened_raises_at_once(tmp_path: Path) -> None:
    """A file of another program is refused before the receiver listens."""
    path = tmp_path / "executions.db"
    path.write_bytes(b"not a database, but long enough to be one" * 100)
    path.chmod(0o600)
    address = parse_address(path, "path")
    with pytest.raises(StoreForeignError):
        OpeningHistory(address, lambda _: ExecutionLogger(address))


def test_a_current_history_is_open_at_once(tmp_path: Path) -> None:
    """Without a migration, the history can be used when the constructor returns."""
    address = parse_address(tmp_path / "executions.db", "path")
    with OpeningHistory(address, lambda _: ExecutionLogger(address)) as opening:
        assert opening.migration is None
        with opening.lend() as logger:
            logger.log_executions(STORED)
        assert list(opening.list_open()) == [opening]
