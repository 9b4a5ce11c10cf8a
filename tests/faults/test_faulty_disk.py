"""The faulty disk strikes the chosen call, and a loss of power loses what has no sync."""

from __future__ import annotations

from pathlib import Path
from random import Random

from support.disk.activities import ACTIVITIES
from support.disk.control import Fault
from support.disk.strikes import FaultyDisk


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
