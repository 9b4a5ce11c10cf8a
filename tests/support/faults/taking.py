"""The scenario in which the history's file is taken from its receiver repeatedly."""

from __future__ import annotations

import http.client
import itertools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Final, Self

import apsw

from flightlog.logger import ExecutionLogger
from flightlog.store.query import ExecutionQuery
from support import exchanges
from support.disks import small_disk
from support.exchanges import Exchange
from support.faults.figures import Figures
from support.faults.processes import DEADLINE_S, wait_until
from support.faults.site import Site
from support.faults.torture import Torture

_DISK_BYTES: Final = 256 * 1024 * 1024
_CLIENTS: Final = 4
_AFTER: Final = 12
"""The number of records that are acknowledged between two changes."""
_REFUSED: Final = 4
"""The number of requests that are refused while the history is missing."""
_HELD_BACK_S: Final = 0.02


def history_taken_away(torture: Torture) -> Figures:
    """
    Remove, rename, unmount or replace the history while clients send records.

    Each record is sent until it is acknowledged, as from a spool. Consider a record whose request
    began after a change, and that was acknowledged before the next change. The file that is then at
    the path must hold the record.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("history taken away")
    random = torture.random("moments")
    ways = (*_AT_ONCE, *_FOR_A_WHILE)
    with (
        small_disk(torture.place / "disk", _DISK_BYTES) as disk,
        torture.site(database_dir=disk / "data") as site,
    ):
        (disk / "data").mkdir()
        site.start_receiver()
        with _Load(site) as load:
            for number in range(torture.repetitions):
                load.wait_for(random.randrange(1, 30))
                way = ways[number % len(ways)]
                backup = torture.place / "backup.db"
                if way in _NEED_BACKUP:
                    exchanges.make_backup(site.database, backup)
                    load.wait_for(random.randrange(1, 10))
                if way in _FOR_A_WHILE:
                    _take_for_a_while(site, load, way)
                else:
                    way(site.database, backup)
                load.begin_to_expect()
                load.wait_for(_AFTER)
                _compare(site, load.expected(), figures, way.__name__)
                _clear(disk, site)
        site.end_receiver()
        _compare(site, load.expected(), figures, "the end")
    return figures


def _remove_directory(path: Path, _: Path) -> None:
    """Run `rm -rf data`."""
    exchanges.remove_tree(path.parent)


def _rename_directory(path: Path, _: Path) -> None:
    """Run `mv data elsewhere`."""
    path.parent.rename(path.parent.with_name("elsewhere"))


def _unmount(path: Path, _: Path) -> None:
    """Run `umount --lazy`, because the receiver may have files open."""
    subprocess.run(["umount", "--lazy", str(path.parent.parent)], check=True)


_NEED_BACKUP: Final[tuple[Exchange, ...]] = (
    exchanges.move_backup_over,
    exchanges.copy_backup_over,
    exchanges.synchronize_backup,
    exchanges.restore_directory,
)
_AT_ONCE: Final[tuple[Exchange, ...]] = (
    exchanges.remove_file,
    exchanges.rename_file,
    *_NEED_BACKUP,
    exchanges.truncate,
    exchanges.move_other_over,
)
_FOR_A_WHILE: Final[tuple[Exchange, ...]] = (_remove_directory, _rename_directory, _unmount)


def _take_for_a_while(site: Site, load: _Load, way: Exchange) -> None:
    way(site.database, site.database)
    refused = load.refused
    wait_until(lambda: load.refused >= refused + _REFUSED, "the receiver refuses")
    if way is _unmount:
        disk = str(site.database.parent.parent)
        options = f"size={_DISK_BYTES}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)
    site.database.parent.mkdir()


def _compare(site: Site, expected: set[str], figures: Figures, way: str) -> None:
    with ExecutionLogger(site.database, read_only=True) as logger:
        cursor, found = None, set()
        while True:
            page = logger.query(ExecutionQuery(limit=1_000, cursor=cursor))
            found |= {execution.id for execution in page.executions}
            cursor = page.next_cursor
            if cursor is None:
                break
    figures.expected += len(expected)
    missing = expected - found
    figures.lost += len(missing)
    if missing:
        figures.complain(f"{way}: {len(missing)} of {len(expected)} are missing")
    connection = apsw.Connection(str(site.database), flags=apsw.SQLITE_OPEN_READONLY)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    verdict = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    if verdict != [("ok",)]:
        figures.disordered += 1
        figures.complain(f"{way}: the file is damaged: {verdict[:2]}")


def _clear(disk: Path, site: Site) -> None:
    for left in (*disk.iterdir(), *site.database.parent.glob("archive-*")):
        if left.is_dir() and left != site.database.parent:
            shutil.rmtree(left)
        elif left.is_file():
            left.unlink()
    for stale in site.database.parent.glob("*.stale-*"):
        stale.unlink()


class _Load:
    """Clients that send records, each until it is acknowledged."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._ending = threading.Event()
        self._epoch = 0
        self._acknowledged = 0
        self._expected: set[str] = set()
        self.refused = 0
        """The number of refused requests."""
        self._clients = [
            threading.Thread(target=self._send, args=(site.random.randrange(1 << 32),))
            for _ in range(_CLIENTS)
        ]

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        for client in self._clients:
            client.join(DEADLINE_S)

    def wait_for(self, count: int) -> None:
        """Wait until this number of further records is acknowledged."""
        wanted = self._acknowledged + count
        wait_until(lambda: self._acknowledged >= wanted, f"{count} records are acknowledged")

    def begin_to_expect(self) -> None:
        """Expect all records that are sent from now on."""
        with self._lock:
            self._epoch += 1
            self._expected = set()

    def expected(self) -> set[str]:
        """List the records that were sent and acknowledged since `begin_to_expect`."""
        with self._lock:
            return set(self._expected)

    def _send(self, seed: int) -> None:
        random = Random(seed)
        with self._connection() as connection:
            while not self._ending.is_set():
                name = f"sent-{next(self._numbers)}"
                body = json.dumps(_record(name, random)).encode()
                while not self._ending.is_set():
                    epoch = self._epoch
                    if self._post(connection, body):
                        with self._lock:
                            self._acknowledged += 1
                            if epoch == self._epoch:
                                self._expected.add(name)
                        break
                    with self._lock:
                        self.refused += 1
                    self._ending.wait(_HELD_BACK_S)

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self._site.port, timeout=DEADLINE_S)
        try:
            yield connection
        finally:
            connection.close()

    @staticmethod
    def _post(connection: http.client.HTTPConnection, body: bytes) -> bool:
        connection.request("POST", "/api/executions", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status == http.client.OK


def _record(name: str, random: Random) -> dict[str, object]:
    return {
        "id": name,
        "workflowId": "sent",
        "workflowName": "Sent",
        "status": "success",
        "startedAt": "2026-11-22T19:04:11Z",
        "trigger": {"type": "http", "data": [random.randrange(50)] * random.choice([1, 90, 5000])},
    }
