"""
`OrphanCollector`: the thread that delivers dead processes' spools and finds silent processes.

A process whose lock is held is alive, whatever its lease says. `flightlog.spool` reads spools, and
`flightlog.delivery` delivers them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct

from flightlog.clock import utc_now
from flightlog.delivery import DeliveryResult
from flightlog.delivery.drain import Drained, drain
from flightlog.errors import (
    FlightlogError,
    InvalidQueryError,
    StoreError,
    StoreMigratingError,
)
from flightlog.receiver.address import Address
from flightlog.receiver.histories import (
    HistoryProvider,
    group_records,
    mark_crashed,
    note_sent,
)
from flightlog.receiver.leases import LONGEST_STEP_S, Leases
from flightlog.receiver.orphan_claims import OrphanClaims
from flightlog.record.model import WorkflowExecution
from flightlog.record.times import normalize_time
from flightlog.spool import SpoolStatus, claim_orphan, list_spools
from flightlog.spool.platform import is_private
from flightlog.sqlite_destination import deliver

INTERVAL_S: Final = 1.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_log: Final = logging.getLogger(__name__)


class WaitingSpools(Struct, frozen=True, kw_only=True):
    """The spools of dead processes that are not delivered yet."""

    waiting: int = 0
    """The number of spools."""
    bytes: int = 0
    """The size of the spools on disk, bytes."""


class _Backoff(Struct):
    pause_s: float
    until_s: float


class OrphanCollector:
    """
    Checks the spools on this machine and the leases once a second, in a separate thread.

    If the history is open for reading only, the collector does nothing.

    Args:
        histories: The histories.
        leases: The leases of the processes that were heard of.
        address: The receiver's address; spools for this address are collected.
        spool_dirs: The directories of the spools.
        orphan_claims: Decides which spools for other addresses are also collected; None
            collects none.
    """

    def __init__(
        self,
        histories: HistoryProvider,
        leases: Leases,
        address: Address,
        spool_dirs: Sequence[Path],
        orphan_claims: OrphanClaims | None = None,
    ) -> None:
        self._histories = histories
        self._leases = leases
        self._address = address
        self._spool_dirs = spool_dirs
        self._orphan_claims = orphan_claims
        self._ending = threading.Event()
        self._destination = _StoppableDestination(histories, self._ending)
        self._backoffs: dict[Path, _Backoff] = {}
        self._roll_call_s = 0.0
        self.waiting = WaitingSpools()
        """The spools that the last check found."""
        self._thread = threading.Thread(target=self._run, name="flightlog-orphans")
        if not histories.is_read_only:
            self._thread.start()

    def close(self) -> None:
        """End the thread; another process delivers the rest of a partly delivered spool later."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            if self._note_exchange():
                try:
                    self._scan(time.monotonic())
                except StoreError as error:
                    _log.warning("Spools and leases can't be checked now: %s", error)
                except Exception:  # noqa: BLE001  logged; the next check may succeed
                    _log.exception("Looking after spools and leases failed.")
            self._ending.wait(INTERVAL_S)

    def _note_exchange(self) -> bool:
        """Notice an exchanged history; False while no spool can be delivered into the history."""
        try:
            with self._histories.get_current().lend() as logger:
                # Check for an exchanged history even without records, so that its log is set aside;
                # otherwise another program would read the log together with the new file.
                logger.reader.foreign_changes()
        except StoreMigratingError:
            return False
        except FlightlogError:
            pass
        return True

    def _scan(self, now_s: float) -> None:
        self._leases.advance(now_s)
        spools = self._spools(now_s)
        if spools is None:
            return
        dead = [spool for spool in spools if not spool.alive]
        self.waiting = WaitingSpools(
            waiting=len(dead), bytes=sum(spool.size_bytes for spool in dead)
        )
        for spool in dead:
            if self._is_ours(spool, now_s) and not self._ending.is_set():
                self._empty(spool, now_s)
        if self._orphan_claims is not None:
            self._orphan_claims.forget(now_s)
        kept = {*self._spool_dirs, *(spool.path for spool in dead)}
        self._backoffs = {path: backoff for path, backoff in self._backoffs.items() if path in kept}
        # A spool's directory is named after its process's id.
        self._judge({spool.path.name for spool in spools if spool.alive})

    def _spools(self, now_s: float) -> list[SpoolStatus] | None:
        spools: list[SpoolStatus] = []
        for directory in self._spool_dirs:
            try:
                spools += list_spools(directory)
            except OSError as error:
                # Without a view of the locks, the receiver can't decide which processes are alive.
                if self._is_due(directory, now_s):
                    _log.warning("The spools in %s can't be seen: %s.", directory, error)
                    self._postpone(directory, now_s)
                return None
        return spools

    def _is_ours(self, spool: SpoolStatus, now_s: float) -> bool:
        owner = spool.owner
        if owner is None or not is_private(spool.path):
            return False
        if self._address.is_meant_by(owner.url):
            return True
        return self._orphan_claims is not None and self._orphan_claims.may_take(owner, now_s)

    def _empty(self, spool: SpoolStatus, now_s: float) -> None:
        if not self._is_due(spool.path, now_s):
            return
        try:
            drained = self._drain(spool.path)
        except Exception:  # noqa: BLE001  logged; the other spools must not wait
            _log.exception("The spool %s can't be emptied.", spool.path)
            self._postpone(spool.path, now_s)
            return
        if drained is None:
            return
        if drained.damaged or drained.rejected:
            _log.warning(
                "In the spool %s, %d places were damaged and %d records were refused; the latter "
                "are kept beside it.",
                spool.path,
                drained.damaged,
                drained.rejected,
            )
        if drained.complete:
            assert spool.owner is not None
            self._leases.end(spool.owner.process_id)
        elif not self._ending.is_set():
            _log.warning("The spool %s is not emptied yet: %s", spool.path, drained.reason)
            if drained.records:
                self._backoffs.pop(spool.path, None)
            self._postpone(spool.path, now_s)

    def _drain(self, path: Path) -> Drained | None:
        spool = claim_orphan(path)
        if spool is None:
            return None
        with spool:
            return drain(spool, self._destination)

    def _judge(self, alive: set[str]) -> None:
        if self._leases.heard_s >= self._roll_call_s:
            for history in self._histories.list_open():
                with history.lend() as logger:
                    unfinished = logger.reader.list_unfinished()
                self._leases.begin([each.process_id for each in unfinished if each.process_id])
            self._roll_call_s = self._leases.heard_s + self._leases.lease_s
        silent = self._leases.run_out()
        heard = alive | (self._find_heard_elsewhere() if silent else set())
        for process_id in silent:
            if process_id in heard:
                self._leases.renew([process_id])
                continue
            crashed = mark_crashed(self._histories, process_id)
            self._leases.end(process_id)
            if crashed:
                _log.warning(
                    "Nothing was heard of the process %s for %g s: %d of its executions count as "
                    "crashed.",
                    process_id,
                    self._leases.lease_s,
                    crashed,
                )

    def _find_heard_elsewhere(self) -> set[str]:
        """Find silent processes of which another receiver of the same history has heard."""
        now = utc_now()
        since = now - timedelta(seconds=self._leases.lease_s - LONGEST_STEP_S)
        first, last = (normalize_time(each.isoformat()) for each in (since, now))
        heard: set[str] = set()
        for history in self._histories.list_open():
            with history.lend() as logger:
                unfinished = logger.reader.list_unfinished()
            heard.update(
                each.process_id
                for each in unfinished
                if each.process_id is not None and first <= each.last_heard <= last
            )
        return heard

    def _is_due(self, path: Path, now_s: float) -> bool:
        backoff = self._backoffs.get(path)
        return backoff is None or now_s >= backoff.until_s

    def _postpone(self, path: Path, now_s: float) -> None:
        before = self._backoffs.get(path)
        pause_s = min(before.pause_s * 2, _LONGEST_PAUSE_S) if before else _FIRST_PAUSE_S
        self._backoffs[path] = _Backoff(pause_s, now_s + pause_s)


class _StoppableDestination:
    # Stop early, because the receiver's end must not wait for a large spool. The next receiver
    # delivers the rest.
    def __init__(self, histories: HistoryProvider, ending: threading.Event) -> None:
        self._histories = histories
        self._ending = ending

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        """Store records, unless the receiver is ending; see `Destination.send`."""
        if self._ending.is_set():
            return DeliveryResult(outcome="later", reason="the receiver is ending")
        return deliver(lines, self._log)

    def _log(self, records: list[WorkflowExecution]) -> None:
        for history, group in group_records(self._histories, records).items():
            for outcome in history.log([group]):
                if isinstance(outcome, Exception):
                    raise outcome

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """Note a process's last number and end; see `Destination.report_process`."""
        try:
            note_sent(self._histories, process_id, last_number, is_alive=not ended)
            if ended:
                mark_crashed(self._histories, process_id)
        except (StoreError, InvalidQueryError):
            return False
        return True

    def close(self) -> None:
        """Do nothing, because the receiver's caller closes the histories."""
