"""
`HistoryChoice`: the history that a command works on, and how the command opens it.

Every command takes `HistoryChoice`. `flightlog.cli.settings` finds the settings. `flightlog.logger`
implements the history, and is imported only when a command opens it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.choice import (
    choose_address,
    choose_project,
    read_address_argument,
    require_file,
)
from flightlog.cli.settings import CONFIG_VARIABLE, SETTINGS, Source, choose, collect_sources
from flightlog.cli.terminal import make_error_console
from flightlog.clock import utc_now
from flightlog.errors import StoreError, StoreUnavailableError
from flightlog.spool import find_default_spool_dir, list_spools
from flightlog.store.address import StorageAddress
from flightlog.text import clean, format_size

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger
    from flightlog.store.migration import MigrationMonitor
    from flightlog.store.sqlite import Migration

CONFIG: Final = Parameter(
    metavar="FILE",
    help=f"The configuration file. [default: flightlog.toml in the user's configuration "
    f"directory; {CONFIG_VARIABLE}]",
)


@Parameter(name="*", group="History")
@dataclass(frozen=True, kw_only=True)
class HistoryChoice:
    """The history that a command works on."""

    db: Annotated[str | None, Parameter(metavar="FILE", help=SETTINGS["db"].summary)] = None
    project: Annotated[Path | None, Parameter(metavar="DIR", help=SETTINGS["project"].summary)] = (
        None
    )
    config: Annotated[Path | None, CONFIG] = None

    def collect_sources(self, **flags: Any) -> list[Source]:
        """
        Collect the chosen settings of all sources.

        Args:
            flags: Other flags of the command, by name; None is not chosen.

        Returns:
            The sources, the strongest first.

        Raises:
            InvalidSettingError: A value, a name or the configuration file can't be used.
        """
        db = None if self.db is None else read_address_argument(self.db, "--db")
        return collect_sources({"db": db, "project": self.project, **flags}, self.config)

    def find_address(self) -> StorageAddress:
        """
        Return the place of the chosen history.

        Returns:
            The address.

        Raises:
            InvalidSettingError: One source names both a database and a project.
        """
        return choose_address(self.collect_sources())

    def find_path(self, purpose: str) -> Path:
        """
        Return the path of the chosen history, which must be a SQLite file.

        Args:
            purpose: The command or part that works on files only, for the error message.

        Returns:
            The path.

        Raises:
            InvalidSettingError: One source names both a database and a project.
            StoreUnsupportedError: The history is in another store.
        """
        return require_file(self.find_address(), purpose)

    def chosen_project(self) -> Path | None:
        """
        Return the project whose history was chosen.

        Returns:
            The project's directory; None for a history without a project.

        Raises:
            InvalidSettingError: One source names both a database and a project.
        """
        return choose_project(self.collect_sources())

    def open(self) -> ExecutionLogger:
        """
        Open an existing history for reading; nothing is written, and nothing is migrated.

        A note on standard error says if the history belongs to another user, or can't be written.

        Returns:
            The logger.

        Raises:
            StoreUnavailableError: The history does not exist yet; it was not made.
        """
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy

        address = self.require_history()
        logger = ExecutionLogger(address, read_only=True)
        if address.is_file and (note := _read_only_note(address.path)) is not None:
            make_error_console().print(Text(note, style="dim"), soft_wrap=True)
        return logger

    def open_to_change(self) -> ExecutionLogger:
        """
        Open an existing history for writing.

        Returns:
            The logger.

        Raises:
            StoreUnavailableError: The history does not exist yet; it was not made.
        """
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy

        return _report_migration(ExecutionLogger(self.require_history()))

    def require_path(self, purpose: str) -> Path:
        """
        Return the path of the chosen history, which must be a SQLite file that exists.

        Args:
            purpose: The command or part that works on files only, for the error message.

        Returns:
            The path.

        Raises:
            StoreUnavailableError: The history does not exist yet.
            StoreUnsupportedError: The history is in another store.
        """
        return require_file(self.require_history(), purpose)

    def require_history(self) -> StorageAddress:
        """
        Return the place of the chosen history, which must exist.

        A server's database is asked only when it is opened.

        Returns:
            The address. If it is a server's, the directory of this machine's own files exists.

        Raises:
            StoreUnavailableError: The history does not exist yet.
        """
        address = self.find_address()
        if not address.is_file:
            address.make_directory()
        elif not os.path.lexists(address.path):
            raise StoreUnavailableError(
                str(address), "doesn't exist yet", hint=self._explain_missing_history()
            )
        return address

    def _explain_missing_history(self) -> str:
        chosen = choose(self.collect_sources(), "spool_dir")
        waiting = count_waiting_bytes(chosen.get("spool_dir") or find_default_spool_dir())
        start = "Start `flightlog serve` and run a workflow"
        if waiting:
            start = f"{format_size(waiting)} of records wait: `flightlog serve` stores them"
        return f"{start}, or choose another history with --db or --project."

    def open_or_make(
        self,
        monitor: MigrationMonitor | None = None,
        on_aside: Callable[[Path], None] | None = None,
    ) -> ExecutionLogger:
        """
        Open the history for writing; make it if it is missing, or damaged beyond opening.

        Args:
            monitor: Takes the progress of a migration, and may end it.
            on_aside: Takes the new path of a damaged file that was moved aside; None prints it.

        Returns:
            The logger.

        Raises:
            StoreUnavailableError: The history can't be made, e.g. for a project that doesn't exist.
        """
        from flightlog.history_paths import check_project  # noqa: PLC0415 - lazy
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy
        from flightlog.store.opening import open_store  # noqa: PLC0415 - a database

        address, project = self.find_address(), self.chosen_project()
        if not address.is_file:
            address.make_directory()

        def open_history() -> ExecutionLogger:
            if project is not None:
                check_project(project)
            return ExecutionLogger(address, store=open_store(address, monitor=monitor))

        try:
            logger = open_history()
        except StoreError as error:
            aside = _quarantine_unreadable(address.path, error) if address.is_file else None
            if aside is None:
                raise
            (on_aside or partial(_report_aside, address.path))(aside)
            logger = open_history()
        return _report_migration(logger)


def describe_migration(path: Path, migration: Migration) -> str:
    """
    Describe a migration, with the path of the backup.

    Args:
        path: The database.
        migration: The migration.

    Returns:
        One sentence.
    """
    from flightlog.store.sqlite.migrate import SCHEMA_VERSION  # noqa: PLC0415 - a database

    found = "the editor's own" if migration.found == 0 else f"{migration.found}"
    return (
        f"Migrated {clean(str(path))} from schema {found} to {SCHEMA_VERSION}; as it was, it is in "
        f"{clean(str(migration.backup))}."
    )


def _report_migration(logger: ExecutionLogger) -> ExecutionLogger:
    if logger.migration is not None:
        text = describe_migration(logger.path, logger.migration)
        make_error_console().print(Text(text, style="dim"), soft_wrap=True)
    return logger


def _quarantine_unreadable(path: Path, error: StoreError) -> Path | None:
    from flightlog.store.sqlite.repair import quarantine_unreadable  # noqa: PLC0415 - lazy

    return quarantine_unreadable(path, error, utc_now)


def _report_aside(path: Path, aside: Path) -> None:
    text = (
        f"{clean(str(path))} is damaged and was moved to {clean(str(aside))}. A receiver, or "
        "`flightlog doctor --repair`, brings back what can be read of it."
    )
    make_error_console().print(Text(text), soft_wrap=True)


def _read_only_note(path: Path) -> str | None:
    from flightlog.store.sqlite.access import describe_user, is_foreign  # noqa: PLC0415 - lazy
    from flightlog.store.sqlite.sources import may_write  # noqa: PLC0415 - a database

    try:
        found = path.stat()
    except OSError:
        return None
    owner = describe_user(found.st_uid)
    if is_foreign(found):
        return f"Read-only: {clean(str(path))} belongs to {owner}."
    if not may_write(path, found):
        return f"Read-only: {clean(str(path))} can't be written by its owner, {owner}."
    return None


def count_waiting_bytes(spool_dir: Path) -> int:
    """
    Count the bytes of records that wait in spools.

    Args:
        spool_dir: The directory of the spools.

    Returns:
        The bytes; 0 if the directory can't be read.
    """
    try:
        return sum(spool.size_bytes for spool in list_spools(spool_dir))
    except OSError:
        return 0
