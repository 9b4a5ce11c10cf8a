"""
The activities of a history during which a disk fails: each prepares files, and then works on them.

The work stores records, too, and reports each record that was stored.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from flightlog.errors import FlightlogError
from flightlog.record.model import WorkflowExecution
from flightlog.store.retention import RetentionLimits
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.sqlite.access import SUFFIXES
from flightlog.store.sqlite.backup import back_up
from flightlog.store.sqlite.restore import ASIDE, restore
from support.disk.control import Control
from support.old_histories import make_old_history
from support.records import record

HISTORY: Final = "history.db"
BACKUP: Final = "backup.db"
SAVED: Final = "failed-saved"
"""A record that only the backup of a history holds, before it is restored."""
PREPARED: Final = 40
_LATE: Final = "2027-01-01T00:00:00.000000Z"
_SETTINGS: Final = SqliteSettings(checkpoint_bytes=100_000)


def make_record(name: str) -> WorkflowExecution:
    """
    Make a record that depends only on its name, with payloads of a few KB.

    Args:
        name: The execution's id; ids that begin with `failed` are failures.

    Returns:
        The record.
    """
    source = random.Random(name)
    words = [f"{source.randrange(10**6):x}" for _ in range(source.randrange(50, 400))]
    fields = {"status": "error", "error": {"message": "declined"}} if "failed" in name else {}
    return record(name, trigger={"type": "http", "data": {"words": words, "name": name}}, **fields)


def prepared_names() -> list[str]:
    """
    Name the records that a prepared history holds; only failures stay for ever.

    Returns:
        The names.
    """
    kinds = ("failed", "good")
    return [f"prepared-{kinds[number % 2]}-{number}" for number in range(PREPARED)]


class Workshop(Struct, kw_only=True):
    """The place and the reports of an activity."""

    place: Path
    """The directory of the history."""
    control: Control
    """Arms the faults."""
    report: Callable[[str], None]
    """Reports a line: `stored NAME`, `deleted NAME` or `refused CODE`."""
    stored: int = 0
    """The number of records that were stored."""

    @property
    def path(self) -> Path:
        """The history."""
        return self.place / HISTORY

    def store(self, store: SqliteStore, count: int = 1) -> None:
        """
        Store records, each in its own transaction, and report them.

        Args:
            store: The history.
            count: The number of records.
        """
        for _ in range(count):
            name = f"failed-{self.stored}"
            self.stored += 1
            self.attempt(lambda: store.merge([make_record(name)]))  # noqa: B023
            if self.succeeded:
                self.report(f"stored {name}")

    succeeded: bool = True
    """Whether the last attempt succeeded."""

    def attempt(self, action: Callable[[], object]) -> None:
        """
        Do something that may fail with one of our errors, and report the error.

        Args:
            action: The action.
        """
        self.succeeded = True
        try:
            action()
        except FlightlogError as error:
            self.succeeded = False
            self.report(f"refused {error.code}")

    def open(self, settings: SqliteSettings = _SETTINGS) -> SqliteStore:
        """
        Open the history, again if the first attempt fails because of the fault.

        Args:
            settings: How the history is kept.

        Returns:
            The open history.
        """
        try:
            return SqliteStore(self.path, settings)
        except FlightlogError as error:
            self.report(f"refused {error.code}")
            self.control.disarm()
            return SqliteStore(self.path, settings)


def ingest(workshop: Workshop) -> SqliteStore:
    """Store records."""
    store = workshop.open(SqliteSettings())
    workshop.control.arm()
    workshop.store(store, 8)
    return store


def ingest_unsynced(workshop: Workshop) -> SqliteStore:
    """Store records without a sync of each commit, so that a loss of power loses some of them."""
    store = workshop.open(SqliteSettings(synchronous="normal"))
    workshop.control.arm()
    workshop.store(store, 8)
    return store


def checkpoint(workshop: Workshop) -> SqliteStore:
    """Copy the write-ahead log into the database, beside the commits and alone."""
    store = workshop.open()
    workshop.store(store, 5)
    workshop.control.arm()
    workshop.store(store, 3)
    workshop.attempt(store._current().checkpointer.empty_log)
    workshop.store(store)
    return store


def migrate(workshop: Workshop) -> SqliteStore:
    """Migrate a history of an older schema."""
    workshop.control.arm()
    store = workshop.open()
    workshop.store(store)
    return store


def vacuum(workshop: Workshop) -> SqliteStore:
    """Return free pages to the file system."""
    store = workshop.open()
    good = list(range(2, PREPARED + 1, 2))
    store.change(lambda database: database.eraser.erase_outdated(good))

    def shrink() -> None:
        with store._translated(), store._lock:
            store._current().eraser.shrink(5)

    workshop.control.arm()
    for _ in range(3):
        workshop.attempt(shrink)
        workshop.store(store)
    return store


def back_up_history(workshop: Workshop) -> SqliteStore:
    """Make a backup beside the history."""
    store = workshop.open()
    workshop.control.arm()
    workshop.store(store)
    target = workshop.place / BACKUP
    workshop.attempt(lambda: back_up(workshop.path, target, overwrite=True))
    workshop.store(store)
    return store


def restore_history(workshop: Workshop) -> SqliteStore:
    """Put a backup in the place of the history, again if the first attempt fails."""

    def replace() -> None:
        restore(workshop.place / BACKUP, workshop.path)

    workshop.control.arm()
    workshop.attempt(replace)
    if not workshop.succeeded:
        workshop.control.disarm()
        workshop.attempt(replace)
    workshop.report(f"stored {SAVED}" if workshop.succeeded else "stuck")
    store = workshop.open()
    workshop.store(store)
    return store


def prune(workshop: Workshop) -> SqliteStore:
    """Remove old successful executions."""
    store = workshop.open()
    limits = RetentionLimits(successful_before=_LATE)
    workshop.control.arm()
    workshop.store(store)

    def prune_all() -> None:
        while store.prune(limits).more:
            pass

    workshop.attempt(prune_all)
    workshop.store(store)
    return store


def clear(workshop: Workshop) -> SqliteStore:
    """Delete executions; once the deletion is reported, a loss of power must not undo it."""
    store = workshop.open()
    good = [name for name in prepared_names() if "failed" not in name]
    workshop.control.arm()
    workshop.store(store)
    workshop.attempt(lambda: store.delete_many(good))
    if workshop.succeeded:
        for name in good:
            workshop.report(f"deleted {name}")
    workshop.store(store)
    return store


def reindex(workshop: Workshop) -> SqliteStore:
    """Build the search index anew."""
    store = workshop.open()
    workshop.control.arm()
    workshop.attempt(lambda: store.rebuild_index("full"))

    def index_all() -> None:
        while store.index_portion().more:
            pass

    workshop.attempt(index_all)
    workshop.store(store)
    return store


ACTIVITIES: Final[dict[str, Callable[[Workshop], SqliteStore]]] = {
    "ingest": ingest,
    "checkpoint": checkpoint,
    "migration": migrate,
    "vacuum": vacuum,
    "backup": back_up_history,
    "restoring": restore_history,
    "pruning": prune,
    "clearing": clear,
    "reindexing": reindex,
}
"""The activities by their names."""
UNSYNCED: Final = {"unsynced ingest": ingest_unsynced}
"""An activity that shows that the tests notice a loss."""


def prepare(activity: str, place: Path) -> None:
    """
    Make the files that an activity works on.

    Args:
        activity: The activity's name.
        place: An empty directory.
    """
    path = place / HISTORY
    _fill(path, prepared_names())
    if activity == "restoring":
        _fill(place / BACKUP, [*prepared_names(), SAVED])
    if activity == "migration":
        today = path.rename(place.with_name(f"{place.name}-today.db"))
        make_old_history(today, path, 5)
        today.unlink()


def _fill(path: Path, names: Sequence[str]) -> None:
    store = SqliteStore(path)
    store.merge([make_record(name) for name in names])
    while store.index_portion().more:
        pass
    store.close()


def find_databases(place: Path) -> list[Path]:
    """
    Find the databases that an activity leaves, besides the history.

    Args:
        place: The directory of the history.

    Returns:
        The backup, if there is one, and histories that a restore has kept.
    """
    kept = place.glob(f"{HISTORY}{ASIDE}*")
    whole = [path for path in kept if not path.name.endswith(SUFFIXES)]
    return [*place.glob(BACKUP), *whole]
