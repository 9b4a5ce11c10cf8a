"""Records on their way from a spool to a receiver or a database."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flightlog.capture import Recorder
from flightlog.delivery import make_destination
from flightlog.delivery.batches import deliver
from flightlog.delivery.destination import DeliveryResult, Destination
from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.decoding import decode_execution, encode_execution
from flightlog.secret_key import load_secret_key
from flightlog.spool import list_spools
from support.recordings import value
from support.records import record
from support.waiting import until

LEAVES_A_SPOOL = """
import os, sys
from flightlog.capture import Recorder
recorder = Recorder("w", "W", url=sys.argv[1], spool_dir=sys.argv[2], drain_timeout_s=0)
with recorder.execution(execution_id="left-behind") as execution, execution.node("n"):
    os._exit(0)
"""

LEAVES_AN_EXECUTION_OPEN = """
import sys
from flightlog.capture import Recorder
recorder = Recorder("w", "W", url=sys.argv[1], spool_dir=sys.argv[2], drain_timeout_s=30)
recorder.execution(execution_id="open").begin()
"""


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
    assert logger.reader.ledger().missing == 0
    assert logger.reader.ledger().received == 4


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
        command = [sys.executable, "-c", LEAVES_A_SPOOL, receiver.url, str(tmp_path / "spool")]
        subprocess.run(command, check=True, timeout=60)
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
    command = [sys.executable, "-c", LEAVES_A_SPOOL, "http://127.0.0.1:9", str(tmp_path / "spool")]
    subprocess.run(command, check=True, timeout=60)
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
        command = [sys.executable, "-c", LEAVES_AN_EXECUTION_OPEN, receiver.url, place]
        subprocess.run(command, check=True, timeout=60)
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
        assert logger.reader.ledger().missing == 0


def test_a_url_that_nothing_serves_is_told(tmp_path: Path) -> None:
    """A scheme without a destination is an error that says what to do."""
    with pytest.raises(InvalidSettingError, match=r"sqlite:FILE"):
        make_destination("carrier-pigeon:home", load_secret_key())


class _Choosy:
    """A destination that accepts a limited number of records and refuses some permanently."""

    def __init__(self, most: int, bad: Callable[[bytes], bool]) -> None:
        self.most = most
        self.bad = bad
        self.taken: list[bytes] = []

    def send(self, lines: object) -> DeliveryResult:
        """Accept records."""
        assert isinstance(lines, (list, tuple))
        if sum(map(len, lines)) > self.most:
            return DeliveryResult(outcome="too_large")
        if any(map(self.bad, lines)):
            return DeliveryResult(outcome="rejected")
        self.taken += lines
        return DeliveryResult(outcome="delivered")

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """Confirm."""
        return bool(process_id and last_number and ended)

    def close(self) -> None:
        """Do nothing."""


def nothing_aside(line: bytes) -> None:
    """Fail, because no record may be set aside."""
    pytest.fail(f"set aside: {line!r}")


def test_one_bad_record_does_not_hold_the_others_up() -> None:
    """Only the record that is refused permanently is set aside."""
    lines = [b"line %d" % number for number in range(100)]
    destination = _Choosy(10_000, lambda line: line == b"line 37")
    aside: list[bytes] = []
    assert deliver(destination, lines, aside.append).outcome == "delivered"
    assert aside == [b"line 37"]
    assert destination.taken == [line for line in lines if line != b"line 37"]


def test_what_is_too_large_goes_without_its_payloads() -> None:
    """A record over the receiver's limit arrives with placeholders for its payloads."""
    whole = encode_execution(record("run", trigger={"type": "http", "data": "x" * 100_000}))
    destination: Destination = _Choosy(70_000, lambda _: False)
    assert deliver(destination, [whole], nothing_aside).outcome == "delivered"
    assert isinstance(destination, _Choosy)
    (line,) = destination.taken
    bare = decode_execution(line)
    assert bare.trigger is not None
    assert value(bare.trigger.data)["$flightlog"] == "dropped"
    assert value(bare.trigger.data)["size"] == 100_002
    assert bare.node_executions[0].output is not None


def test_a_small_record_that_is_called_too_large_waits() -> None:
    """A refusal of a few bytes may be temporary, so nothing is dropped or set aside."""
    destination = _Choosy(3, lambda _: False)
    assert deliver(destination, [b"line"], nothing_aside).outcome == "later"
