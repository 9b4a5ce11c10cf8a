"""The faulty disk strikes the chosen call, and a loss of power loses what has no sync."""

from __future__ import annotations

from pathlib import Path
from random import Random

from support.disk.activities import ACTIVITIES
from support.disk.control import Fault
from support.disk.strikes import SYNCED, FaultyDisk, FaultySpool


def test_a_loss_of_power_is_noticed_if_commits_have_no_sync(tmp_path: Path) -> None:
    """Without syncs, a loss of power loses acknowledged records, and the outcome says so."""
    with FaultyDisk(tmp_path / "disk", Random(1), loses_power=True) as disk:
        count = disk.run("unsynced ingest", Fault.KILL, 0).count
        outcomes = [
            disk.run("unsynced ingest", Fault.KILL, count * number // 12) for number in range(2, 12)
        ]
    assert all(outcome.is_killed for outcome in outcomes)
    assert any("is lost" in fault for outcome in outcomes for fault in outcome.faults)


def test_every_activity_makes_calls_that_can_be_struck(tmp_path: Path) -> None:
    """Without a fault each activity ends well, and its calls are counted."""
    with FaultyDisk(tmp_path / "disk", Random(1)) as disk:
        for activity in ACTIVITIES:
            outcome = disk.run(activity, Fault.KILL, 0)
            assert outcome.faults == []
            assert outcome.refusals == []
            assert len(outcome.stored) >= 2
            assert outcome.count > 20


def test_a_failed_sync_of_the_spool_is_reported(tmp_path: Path) -> None:
    """A recorder reports a sync that failed, loses nothing, and goes on when the disk works."""
    with FaultySpool(tmp_path / "disk", Random(1)) as disk:
        count = disk.run(SYNCED, Fault.SYNC_ERROR, 0).count
        assert count >= 6
        for number in (1, count // 2, count):
            outcome = disk.run(SYNCED, Fault.SYNC_ERROR, number)
            assert outcome.struck == 1
            assert outcome.faults == []
            assert outcome.lost_messages == 0
            assert len(outcome.stored) == 8
            (reported, *_) = outcome.refusals
            assert "can't be synced to disk" in reported


def test_backups_restores_and_reindexing_survive_failing_calls(tmp_path: Path) -> None:
    """A call of a backup, a restore or of indexing fails; the next call works again."""
    with FaultyDisk(tmp_path / "disk", Random(1)) as disk:
        for activity in ("backup", "restoring", "reindexing"):
            for fault in (Fault.NO_SPACE, Fault.IO_ERROR, Fault.SHORT_WRITE, Fault.SYNC_ERROR):
                count = disk.run(activity, fault, 0).count
                outcome = disk.run(activity, fault, 1 + count // 2)
                assert outcome.struck >= 1
                assert outcome.faults == []
