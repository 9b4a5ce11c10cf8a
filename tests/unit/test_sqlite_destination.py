from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from flightlog.delivery import make_destination
from flightlog.errors import InvalidSettingError, StoreClosedError
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import encode_execution
from flightlog.secret_key import SecretKey
from flightlog.sqlite_destination import DatabaseDestination, read_database_path
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from support.records import record


@pytest.fixture
def logger(tmp_path: Path) -> Iterator[ExecutionLogger]:
    """A history with a short lock timeout."""
    path = tmp_path / "runs.db"
    store = SqliteStore(path, SqliteSettings(busy_timeout_ms=20))
    with ExecutionLogger(path, store=store) as logger:
        yield logger


def test_records_are_stored_as_they_are(logger: ExecutionLogger) -> None:
    """Records are stored unchanged, because capture has already removed the secrets."""
    run = record(trigger={"type": "http", "data": {"password": "hunter2"}})
    answer = DatabaseDestination(logger).send([encode_execution(run)])
    assert answer.outcome == "delivered"
    assert logger.get_execution("run-1") == run


@pytest.mark.parametrize("bad", [b"{}", b"", b"\xff", b"[]"])
def test_one_record_that_is_none_keeps_all_out(bad: bytes, logger: ExecutionLogger) -> None:
    """One invalid record keeps the whole batch out, so that the sender can find the invalid one."""
    answer = DatabaseDestination(logger).send([encode_execution(record()), bad])
    assert (answer.outcome, bool(answer.reason)) == ("rejected", True)
    assert logger.get_execution("run-1") is None


def test_a_busy_history_is_tried_later(logger: ExecutionLogger) -> None:
    """Nothing is stored, the result has the reason, and a later call succeeds."""
    destination = DatabaseDestination(logger)
    lines = [encode_execution(record())]
    connection = apsw.Connection(str(logger.path))
    connection.execute("BEGIN IMMEDIATE")
    answer = destination.send(lines)
    assert (answer.outcome, "held by another process" in answer.reason) == ("later", True)
    assert not destination.report_process("p", last_number=7, ended=True)
    connection.close()
    assert destination.send(lines).outcome == "delivered"


def test_the_end_of_a_process_is_noted(logger: ExecutionLogger) -> None:
    """The process's running executions crash, and its numbers without a message are missing."""
    destination = DatabaseDestination(logger)
    run = record(
        status="running", processId="p", message={"processId": "p", "number": 1}, completedAt=None
    )
    assert destination.send([encode_execution(run)]).outcome == "delivered"
    assert destination.report_process("p", last_number=2, ended=False)
    assert logger.get_stats().running == 1
    assert destination.report_process("p", last_number=2, ended=True)
    stored = logger.get_execution("run-1")
    assert stored is not None
    assert stored.error is not None
    assert stored.error.kind == "crashed"
    assert (logger.reader.read_ledger().received, logger.reader.read_ledger().missing) == (1, 1)
    assert not destination.report_process("", last_number=2, ended=True)


def test_a_url_opens_a_history_of_its_own(tmp_path: Path) -> None:
    """`make_destination` recognizes the scheme; closing the destination closes the file."""
    path = tmp_path / "new" / "runs.db"
    destination = make_destination(f"sqlite:{path}", SecretKey(b"a key of the tests"))
    assert isinstance(destination, DatabaseDestination)
    assert destination.send([encode_execution(record())]).outcome == "delivered"
    destination.close()
    with pytest.raises(StoreClosedError):
        destination._logger.get_stats()
    with ExecutionLogger(path) as logger:
        assert logger.get_stats().total == 1


def test_a_history_that_was_given_stays_open(logger: ExecutionLogger) -> None:
    """The caller that opened a history closes it."""
    DatabaseDestination(logger).close()
    assert logger.get_stats().total == 0


@pytest.mark.parametrize("url", ["sqlite:", "sqlite:///", "http://localhost", "runs.db"])
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    """No file is created."""
    with pytest.raises(InvalidSettingError, match="names no file"):
        DatabaseDestination.from_url(url)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:runs.db", Path("runs.db")),
        ("sqlite:/data/runs.db", Path("/data/runs.db")),
        ("SQLite:///data/runs.db", Path("/data/runs.db")),
        ("sqlite:~/runs.db", Path.home() / "runs.db"),
    ],
)
def test_a_url_names_a_file(url: str, path: Path) -> None:
    """The file may be relative, absolute, or in the user's home."""
    assert read_database_path(url) == path
