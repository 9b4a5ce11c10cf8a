"""The spool of a dead process is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from flightlog.delivery.destination import DeliveryResult
from flightlog.delivery.drain import drain
from flightlog.spool import OrphanedSpool, claim_orphan, list_spools
from support.spools import append, numbers_in, open_spool


class Collector:
    """A destination that takes lines until a number of them, and may confirm no end."""

    def __init__(self, *, takes: int = 100, confirms: bool = True) -> None:
        self.lines: list[bytes] = []
        self.ended: list[tuple[str, int, bool]] = []
        self._takes = takes
        self._confirms = confirms

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        """Take lines."""
        if len(self.lines) + len(lines) > self._takes:
            return DeliveryResult(outcome="later", reason="the history is busy")
        self.lines += lines
        return DeliveryResult(outcome="delivered")

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """Note the end of a process."""
        self.ended.append((process_id, last_number, ended))
        return self._confirms

    def close(self) -> None:
        """Release nothing."""


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[OrphanedSpool]:
    """Claim a spool with five messages."""
    with open_spool(tmp_path) as writer:
        append(writer, 5)
    (status,) = list_spools(tmp_path)
    with claim_orphan(status.path) or pytest.fail("nobody holds it") as orphan:
        yield orphan


def test_everything_is_delivered_and_the_spool_removed(
    spool: OrphanedSpool, tmp_path: Path
) -> None:
    """The end of the process is reported with its last number."""
    destination = Collector()
    drained = drain(spool, destination)
    assert (drained.records, drained.damaged, drained.rejected) == (5, 0, 0)
    assert (drained.complete, drained.reason) == (True, "")
    assert numbers_in(destination.lines) == [1, 2, 3, 4, 5]
    assert destination.ended == [(spool.process_id, 5, True)]
    assert list_spools(tmp_path) == []


def test_spool_stays_while_its_destination_is_busy(spool: OrphanedSpool) -> None:
    """No end is reported, and a later call delivers the messages."""
    busy = Collector(takes=0)
    drained = drain(spool, busy)
    assert (drained.records, drained.complete) == (0, False)
    assert drained.reason == "the history is busy"
    assert busy.ended == []
    assert drain(spool, Collector()).records == 5


def test_spool_stays_until_its_end_is_confirmed(spool: OrphanedSpool) -> None:
    """The messages are delivered, and the spool isn't removed."""
    drained = drain(spool, Collector(confirms=False))
    assert (drained.records, drained.complete) == (5, False)
    assert "not confirmed" in drained.reason
    assert spool.path.exists()
