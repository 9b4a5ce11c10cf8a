"""The pipeline of a process: its counts, its reports and its resilience."""

from __future__ import annotations

import logging
import threading
import traceback
from pathlib import Path

import pytest

from flightlog.capture import Recorder
from flightlog.spool import SpoolLimits, list_spools
from support.disks import fill, small_disk
from support.recordings import NOBODY, lines_in, merged, recording, value
from support.waiting import until


def test_what_goes_wrong_is_counted_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of recording is logged once and counted each time; the workflow continues."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(traceback.TracebackException, "from_exception", broken)
    monkeypatch.setattr("flightlog.capture.node.describe_exception", broken)
    with recording(tmp_path) as made, caplog.at_level(logging.WARNING):
        for _ in range(3):
            with pytest.raises(KeyError), made.recorder.execution() as run, run.node("n"):
                raise KeyError("x")
        assert made.recorder.status().swallowed == 3
        reported = [entry for entry in caplog.messages if "ZeroDivisionError" in entry]
        assert len(reported) == 1
        assert "The workflow goes on." in reported[0]
        assert [execution.status for execution in made.executions()] == ["error"] * 3


def test_recorders_of_one_process_share_a_spool(tmp_path: Path) -> None:
    """Two recorders with the same destination share a spool; a recorder elsewhere has its own."""
    recorders = [
        Recorder(name, url=url, spool_dir=tmp_path)
        for name, url in (("a", NOBODY), ("b", NOBODY), ("c", "http://127.0.0.1:10"))
    ]
    for recorder in recorders:
        with recorder.execution():
            pass
    first, second, third = (recorder.status() for recorder in recorders)
    assert first == second
    assert first.process_id != third.process_id
    assert first.appended == 4
    for recorder in recorders:
        recorder.close(0)
    assert sorted(execution.workflow_id for execution in merged(lines_in(tmp_path))) == [
        "a",
        "b",
        "c",
    ]


def test_quick_writer_gets_a_reserve_of_the_size_of_a_segment(tmp_path: Path) -> None:
    """A thread of the pipeline preallocates the reserve, which the workflow then continues in."""
    recorder = Recorder("w", url=NOBODY, spool_dir=tmp_path)
    with recorder.execution() as run:
        for _ in range(9):
            with run.node("n") as node:
                node.output = "x" * 1_000_000
        until(lambda: _reserve_bytes(tmp_path) == SpoolLimits().segment_bytes, "a large reserve")
    recorder.close(0)
    assert _reserve_bytes(tmp_path) == 0
    (execution,) = merged(lines_in(tmp_path))
    assert len(execution.node_executions) == 9


def _reserve_bytes(place: Path) -> int:
    return sum(path.stat().st_size for path in place.glob("*/reserve"))


def test_with_power_an_end_is_synced_before_the_workflow_goes_on(tmp_path: Path) -> None:
    """`durability="power"` leaves nothing unsynced at an execution's end."""
    with recording(tmp_path, durability="power") as made:
        with made.recorder.execution() as run, run.node("n"):
            pass
        spool = made.recorder._context.pipeline._spool
        assert spool is not None
        assert not spool.needs_sync
        assert made.execution().status == "success"


def test_a_full_disk_shows_in_the_records(tmp_path: Path) -> None:
    """Nodes that run while the disk is full have placeholders instead of their values."""
    with small_disk(tmp_path / "disk", 3_000_000) as disk:
        with recording(disk / "spool") as made:
            with made.recorder.execution() as run:
                fill(disk)
                for number in range(50):
                    with run.node("n", input="x" * 900) as node:
                        node.output = number
            status = made.recorder.status()
            assert (status.lost, status.swallowed) == (0, 0)
            assert status.stripped > 0
            execution = made.execution()
        assert execution.status == "success"
        assert len(execution.node_executions) == 50
        assert all(node_run.status == "success" for node_run in execution.node_executions)
        given = value(execution.node_executions[-1].input)
        assert given == {
            "$flightlog": "dropped",
            "reason": "there was no room for it",
            "size": 902,
        }


def test_after_closing_recording_begins_anew(tmp_path: Path) -> None:
    """A recorder that was closed accepts further records, in a new spool."""
    with recording(tmp_path) as made:
        with made.recorder.execution():
            pass
        before = made.recorder.status().process_id
        made.recorder.close(0)
        with made.recorder.execution():
            pass
        assert made.recorder.status().process_id not in {before, None}
        assert len(list_spools(tmp_path)) == 2
        assert len(made.executions()) == 2


def test_threads_that_could_not_be_started_are_started_later(tmp_path: Path) -> None:
    """If no thread can be started for a moment, the next execution tries again."""
    with recording(tmp_path) as made:
        usual = threading.stack_size(1 << 46)
        try:
            with made.recorder.execution():
                pass
        finally:
            threading.stack_size(usual)
        assert "thread" in (made.recorder.status().trouble or "")
        with made.recorder.execution():
            pass
        names = {thread.name for thread in threading.enumerate()}
        assert {"flightlog-delivery", "flightlog-sync"} <= names
        assert "thread" not in (made.recorder.status().trouble or "")
        assert len(made.executions()) == 2
