"""Records on their way from a spool to a receiver or a database."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from flightlog.capture import Recorder
from flightlog.delivery.destination import DeliveryResult
from flightlog.delivery.worker import DeliveryWorker
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.spool import list_spools
from support.programs import run_program
from support.recordings import value
from support.spools import numbers_in, open_spool
from support.waiting import until


@pytest.fixture
def logger(tmp_path: Path) -> Iterator[ExecutionLogger]:
    """A history."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        yield logger


@contextmanager
def receiving(logger: ExecutionLogger, place: Path, port: int = 0) -> Iterator[Receiver]:
    """A receiver that collects spools elsewhere, so that records come only by delivery."""
    chosen = ReceiverSettings(port=port, spool_dir=place / "no")
    with Receiver(logger, chosen).running() as receiver:
        yield receiver


@contextmanager
def recording_to(url: str, place: Path) -> Iterator[Recorder]:
    """A recorder that delivers."""
    recorder = Recorder("w", "W", url=url, spool_dir=place / "spool")
    try:
        yield recorder
    finally:
        recorder.close(5)


def status_of(logger: ExecutionLogger, execution_id: str) -> str | None:
    """Return an execution's status in the history."""
    execution = logger.get_execution(execution_id)
    if execution is None:
        return None
    crashed = execution.error is not None and execution.error.kind == "crashed"
    return "crashed" if crashed else execution.status


def test_what_is_recorded_arrives_and_the_spool_goes(
    logger: ExecutionLogger, tmp_path: Path
) -> None:
    """A run is in the history within moments, also while it runs, and the spool is deleted."""
    with receiving(logger, tmp_path) as receiver:
        with recording_to(receiver.url, tmp_path) as recorder:
            with recorder.execution(execution_id="run") as run, run.node("n", input=1) as node:
                assert recorder.flush()
                assert status_of(logger, "run") == "running"
                node.output = 2
            assert recorder.flush()
            assert status_of(logger, "run") == "success"
        assert list_spools(tmp_path / "spool") == []
    assert logger.reader.read_ledger().missing == 0
    assert logger.reader.read_ledger().received == 4


def test_a_receiver_that_comes_later_gets_it_all(logger: ExecutionLogger, tmp_path: Path) -> None:
    """The workflow continues without a receiver; a later receiver gets everything."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with recording_to(f"http://127.0.0.1:{port}", tmp_path) as recorder:
        for number in range(50):
            with recorder.execution(execution_id=f"run-{number}"):
                pass
        assert not recorder.flush(5)
        trouble = recorder.status().trouble
        assert trouble is not None
        assert "can't be reached" in trouble
        with receiving(logger, tmp_path, port=port):
            until(lambda: recorder.flush(5), "delivery")
            assert logger.reader.health().executions == 50
            until(lambda: recorder.status().trouble is None, "the trouble is over")


def test_what_a_dead_neighbour_left_is_delivered(logger: ExecutionLogger, tmp_path: Path) -> None:
    """The next process with the same URL delivers the spool; the execution is crashed."""
    with receiving(logger, tmp_path) as receiver:
        run_program("capture_dies_in_a_node", receiver.url, tmp_path / "spool")
        assert len(list_spools(tmp_path / "spool")) == 1
        with recording_to(receiver.url, tmp_path) as recorder:
            with recorder.execution():
                pass
            assert recorder.flush()
            until(lambda: status_of(logger, "left-behind") == "crashed", "the neighbour's record")
            until(lambda: len(list_spools(tmp_path / "spool")) == 1, "its spool is gone")


def test_a_neighbour_that_delivers_elsewhere_is_left_alone(
    logger: ExecutionLogger, tmp_path: Path
) -> None:
    """Histories of different receivers never mix."""
    run_program("capture_dies_in_a_node", "http://127.0.0.1:9", tmp_path / "spool")
    with receiving(logger, tmp_path) as receiver:
        with recording_to(receiver.url, tmp_path) as recorder, recorder.execution():
            pass
    assert status_of(logger, "left-behind") is None
    assert len(list_spools(tmp_path / "spool")) == 1


def test_an_execution_that_its_process_leaves_open_has_crashed(
    logger: ExecutionLogger, tmp_path: Path
) -> None:
    """A process that ends reports its end."""
    with receiving(logger, tmp_path) as receiver:
        place = str(tmp_path / "spool")
        run_program("capture_leaves_an_execution_open", receiver.url, place)
    assert status_of(logger, "open") == "crashed"


def test_an_execution_outlives_its_recorders_closing(
    logger: ExecutionLogger, tmp_path: Path
) -> None:
    """Closing a recorder while an execution runs delivers the waiting records, and ends nothing."""
    with receiving(logger, tmp_path) as receiver:
        with recording_to(receiver.url, tmp_path) as recorder:
            with recorder.execution(execution_id="run"):
                recorder.close(5)
                assert status_of(logger, "run") == "running"
                assert [spool.alive for spool in list_spools(tmp_path / "spool")] == [True]
            recorder.close(5)
            assert status_of(logger, "run") == "success"
            assert list_spools(tmp_path / "spool") == []


class SlowDestination:
    """A destination that finishes only small batches before its sender gives up."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.refused = 0

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        """Take few lines at once."""
        if sum(map(len, lines)) > 100_000:
            self.refused += 1
            return DeliveryResult(outcome="later", reason="timed out")
        self.numbers += numbers_in(lines)
        return DeliveryResult(outcome="delivered")

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """Take the report."""
        return True

    def close(self) -> None:
        """Release nothing."""


def test_a_slow_receiver_gets_smaller_batches(tmp_path: Path) -> None:
    """Sending the same large batch again and again would never succeed."""
    destination = SlowDestination()
    with open_spool(tmp_path) as spool:
        for _ in range(60):
            spool.append(b'{"id":"run","status":"running","name":"%s"}' % (b"x" * 10_000))
        worker = DeliveryWorker(
            spool,
            "http://localhost:3000",
            connect=lambda: destination,
            is_busy=lambda: False,
            report_running=lambda: None,
            report=lambda _: None,
            report_refused=lambda _: None,
        )
        worker.start()
        until(lambda: worker.flush(1), "delivery")
        worker.stop(5)
    assert destination.numbers == list(range(1, 61))
    assert destination.refused >= 3


def test_a_database_needs_no_receiver(tmp_path: Path) -> None:
    """With a `sqlite:` URL the records are in the file, for every reader."""
    database = tmp_path / "history.db"
    with recording_to(f"sqlite:{database}", tmp_path) as recorder:
        with recorder.execution(execution_id="run") as run, run.node("n", input={"a": 1}):
            pass
        assert recorder.flush()
    with ExecutionLogger(database) as logger:
        execution = logger.get_execution("run")
        assert execution is not None
        assert value(execution.node_executions[0].input) == {"a": 1}
        assert logger.reader.read_ledger().missing == 0


def test_a_setting_that_prevents_delivery_is_reported_in_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the error's message and its remedy, and no repr of an exception."""
    monkeypatch.setenv("FLIGHTLOG_TOKEN", "hunter2")
    recorder = Recorder("w", url="http://127.0.0.1:9", spool_dir=tmp_path)
    with recorder.execution():
        pass
    assert not recorder.flush(5)
    recorder.close(0)
    texts = [record.getMessage() for record in caplog.records]
    (reported,) = [text for text in texts if "FLIGHTLOG_TOKEN" in text]
    assert reported.startswith("Flightlog: `FLIGHTLOG_TOKEN` is no token. ")
    assert "InvalidSettingError" not in reported
    assert "hunter2" not in reported
