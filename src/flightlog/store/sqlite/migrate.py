"""
Bring a database file to the current schema: a new, an older, or an editor's file.

`schema.sql` is the current schema; `migrations/NNNN_verb_noun.sql` migrates to version NNNN from
the version before. An old file is backed up first and migrated in one transaction, so a failed
migration leaves the file unchanged. Version 0 is the schema of the editor's logger (the seed's
schema); `writer` stores the rows of such a file as records.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from flightlog.clock import Clock
from flightlog.errors import StoreForeignError, StoreVersionError
from flightlog.record.model import WorkflowExecution
from flightlog.store.migration import MigrationMonitor, MigrationProgress, MigrationStep
from flightlog.store.sqlite.connection import connect, roll_back
from flightlog.store.sqlite.editor_schema import has_editor_schema, read_editor_executions
from flightlog.store.sqlite.errors import translate_file_errors
from flightlog.store.sqlite.queries import read_sql

APPLICATION_ID: Final = int.from_bytes(b"FLOG", "big")
_MOST_GENERATIONS: Final = 2**30
_RETRY_S: Final = 0.01
_COPIED_PAGES: Final = 1024
"""The pages of a step of the copy, 4 MiB."""
_WATCHED_STEPS: Final = 100_000
"""After so many instructions of SQLite, a few milliseconds, a migration checks if it must end."""


class Migration(NamedTuple):
    """A migration that brought a database to the current schema."""

    found: int
    """The schema version before the migration; 0 is the editor's schema."""
    backup: Path | None
    """The copy of the database before the migration; None without a backup."""


Adopt = Callable[[Iterable[WorkflowExecution]], None]


def load_migrations() -> Mapping[int, str]:
    """
    Read the migrations.

    Returns:
        The SQL of each migration, by the version that the migration produces.
    """
    folder = files(__package__).joinpath("migrations")
    return {
        int(file.name[:4]): file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".sql")
    }


SCHEMA_VERSION: Final = max(load_migrations())
"""The current schema version: the number of the last migration."""


def prepare(
    connection: apsw.Connection,
    path: Path,
    busy_timeout_ms: int,
    clock: Clock,
    adopt: Adopt,
    *,
    back_up: bool = True,
    monitor: MigrationMonitor | None = None,
) -> Migration | None:
    """
    Bring the file to the current schema.

    Args:
        connection: The writing connection, outside a transaction.
        path: The file, for messages and the backup's name.
        busy_timeout_ms: How long to wait for another process that opens the file, milliseconds.
        clock: The time in the backup's name.
        adopt: Writes records within the transaction; called for the editor's rows.
        back_up: Copy an older file first; False for a file that is itself a copy.
        monitor: Takes the progress, and may end the migration; None for a short migration.

    Returns:
        The migration; None for a new file, and for a file of the current schema.

    Raises:
        StoreForeignError: The file belongs to another program; the file is unchanged.
        StoreVersionError: A newer Flightlog made the file; the file is unchanged.
        apsw.InterruptError: The monitor ended the migration; the file is unchanged.
    """
    if read_version(connection, path) == SCHEMA_VERSION:
        _set_journal(connection, busy_timeout_ms)
        return None
    migration = None
    if _is_empty(connection):
        connection.pragma("auto_vacuum", "incremental")
    _set_journal(connection, busy_timeout_ms)
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = read_version(connection, path)
        # Another process may have made or migrated the file in the meantime.
        if found < SCHEMA_VERSION:
            if _is_empty(connection):
                connection.execute(read_sql("schema.sql"))
            else:
                steps = _Steps(connection, found, monitor or MigrationMonitor())
                with steps.watching():
                    backup = _back_up(path, found, clock, steps) if back_up else None
                    migration = Migration(found, backup)
                    _migrate(connection, path, found, adopt, steps)
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", SCHEMA_VERSION)
            # `watch` distinguishes histories by this number, which each checkpoint counts up.
            connection.pragma("schema_version", secrets.randbelow(_MOST_GENERATIONS))
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        if migration is not None and migration.backup is not None:
            # The file is as it was, so that each try would leave one more copy of it.
            migration.backup.unlink(missing_ok=True)
        raise
    _turn_on_auto_vacuum(connection)
    return migration


def read_version(connection: apsw.Connection, path: Path) -> int:
    """
    Read a database's schema version.

    Args:
        connection: Any connection.
        path: The file, for messages.

    Returns:
        The version; 0 for the editor's schema and for an empty file.

    Raises:
        StoreForeignError: The file belongs to another program.
        StoreVersionError: A newer Flightlog made the file.
    """
    version = int(connection.pragma("user_version"))
    ours = connection.pragma("application_id") == APPLICATION_ID
    if ours and version > SCHEMA_VERSION:
        raise StoreVersionError(str(path), version, SCHEMA_VERSION)
    if not ours and not _is_empty(connection) and not has_editor_schema(connection):
        raise StoreForeignError(str(path), "is a database of another program")
    return version if ours else 0


def _is_empty(connection: apsw.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None


def _set_journal(connection: apsw.Connection, busy_timeout_ms: int) -> None:
    # Retry here, because SQLite's busy timeout does not cover a change of the journal mode, which
    # needs exclusive access to the file.
    deadline = time.monotonic() + busy_timeout_ms / 1000
    while connection.pragma("journal_mode") != "wal":
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)


class _Steps:
    """Reports the steps of a migration to a monitor, and ends the migration for the monitor."""

    def __init__(self, connection: apsw.Connection, found: int, monitor: MigrationMonitor) -> None:
        self._connection = connection
        self._found = found
        self._monitor = monitor

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Interrupt the statements of the `with` block when the monitor ends the migration."""
        self._connection.set_progress_handler(lambda: self._monitor.is_cancelled, _WATCHED_STEPS)
        try:
            yield
        finally:
            self._connection.set_progress_handler(None)

    def report(self, step: MigrationStep, share: float) -> None:
        """Report the part of a step that is done, unless the migration must end."""
        if self._monitor.is_cancelled:
            raise apsw.InterruptError("the migration was ended")
        self._monitor.report(
            MigrationProgress(
                from_schema=self._found, to_schema=SCHEMA_VERSION, step=step, share=share
            )
        )


def _back_up(path: Path, version: int, clock: Clock, steps: _Steps) -> Path:
    stamp = clock().strftime("%Y%m%dT%H%M%S%f")
    target = path.with_name(f"{path.name}.v{version}-{stamp}.backup")
    # A process that is killed leaves this file, and the next migration begins it anew.
    partial = path.with_name(f"{path.name}.v{version}-partial.backup")
    with translate_file_errors(partial):
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        source = connect(path, apsw.SQLITE_OPEN_READONLY)
        try:
            copy_database(source, partial, lambda share: steps.report("copying", share))
        finally:
            source.close()
        with translate_file_errors(target):
            partial.rename(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return target


def copy_database(
    source: apsw.Connection,
    target: Path,
    on_progress: Callable[[float], None] | None = None,
) -> None:
    """
    Copy a database, including the content of its write-ahead log, into an empty file.

    Args:
        source: A connection to the database.
        target: The empty file.
        on_progress: Takes the copied part, 0 to 1, after each portion of pages; may raise to end
            the copy. With portions, no other process may write the database meanwhile. None copies
            all pages at once.
    """
    copy = connect(target, apsw.SQLITE_OPEN_READWRITE)
    try:
        with copy.backup("main", source, "main") as backup:
            if on_progress is None:
                backup.step()
                return
            on_progress(0.0)
            while not backup.step(_COPIED_PAGES):
                on_progress(1 - backup.remaining / max(1, backup.page_count))
    finally:
        copy.close()


def _migrate(
    connection: apsw.Connection, path: Path, found: int, adopt: Adopt, steps: _Steps
) -> None:
    migrations = [sql for version, sql in load_migrations().items() if version > found]
    for done, sql in enumerate(migrations):
        steps.report("converting", done / len(migrations))
        try:
            connection.execute(sql)
        except apsw.SQLError as error:
            reason = f"has other tables than a history of schema {found} ({error})"
            raise StoreForeignError(str(path), reason) from error
    if found == 0:
        adopt(read_editor_executions(connection))
        connection.execute(read_sql("adopted.sql"))


def _turn_on_auto_vacuum(connection: apsw.Connection) -> None:
    if connection.pragma("auto_vacuum"):
        return
    connection.pragma("auto_vacuum", "incremental")
    try:
        connection.execute("VACUUM")
    except (apsw.BusyError, apsw.LockedError):
        # Another process is reading. The file then shrinks less readily, until someone runs VACUUM.
        return
