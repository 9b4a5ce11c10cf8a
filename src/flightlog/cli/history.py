"""
`HistoryChoice`: the history that a command works on, and how the command opens it.

Every command takes `HistoryChoice`. `flightlog.cli.settings` finds the settings. `flightlog.logger`
implements the history, and is imported only when a command opens it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.settings import CONFIG_VARIABLE, SETTINGS, Source, choose, sources
from flightlog.cli.terminal import error_console
from flightlog.cli.text import clean
from flightlog.errors import InvalidSettingError, StoreUnavailableError

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger
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

    db: Annotated[Path | None, Parameter(metavar="FILE", help=SETTINGS["db"].summary)] = None
    project: Annotated[Path | None, Parameter(metavar="DIR", help=SETTINGS["project"].summary)] = (
        None
    )
    config: Annotated[Path | None, CONFIG] = None

    def sources(self, **flags: Any) -> list[Source]:
        """
        Collect the chosen settings of all sources.

        Args:
            flags: Other flags of the command, by name; None is not chosen.

        Returns:
            The sources, the strongest first.

        Raises:
            InvalidSettingError: A value, a name or the configuration file can't be used.
        """
        return sources({"db": self.db, "project": self.project, **flags}, self.config)

    def path(self) -> Path:
        """
        Return the path of the chosen database.

        Returns:
            The path.

        Raises:
            InvalidSettingError: One source names both a database and a project.
        """
        from flightlog.logger import default_database, project_database  # noqa: PLC0415 - lazy

        for name, values in self.sources():
            chosen = choose([(name, values)], "db", "project")
            if len(chosen) > 1:
                raise InvalidSettingError(
                    "db", f"and `project` are both chosen by {name}", hint="Choose one of them."
                )
            if "db" in chosen:
                return Path(chosen["db"])
            if "project" in chosen:
                return project_database(chosen["project"])
        return default_database()

    def chosen_project(self) -> Path | None:
        """
        Return the project whose history was chosen.

        Returns:
            The project's directory; None for a history without a project.

        Raises:
            InvalidSettingError: One source names both a database and a project.
        """
        from flightlog.logger import project_database  # noqa: PLC0415 - lazy

        project = choose(self.sources(), "project").get("project")
        return project if project is not None and self.path() == project_database(project) else None

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

        path = self.existing()
        logger = ExecutionLogger(path, read_only=True)
        if (note := _read_only_note(path)) is not None:
            error_console().print(Text(note, style="dim"), soft_wrap=True)
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

        return _reporting_migration(ExecutionLogger(self.existing()))

    def existing(self) -> Path:
        """
        Return the path of the chosen database, which must exist.

        Returns:
            The path.

        Raises:
            StoreUnavailableError: The history does not exist yet.
        """
        path = self.path()
        if not os.path.lexists(path):
            raise StoreUnavailableError(
                str(path),
                "doesn't exist yet",
                hint="Start `flightlog serve` and run a workflow, or choose another history "
                "with --db or --project.",
            )
        return path

    def open_or_make(self) -> ExecutionLogger:
        """
        Open the history for writing; make it if it is missing.

        Returns:
            The logger.

        Raises:
            StoreUnavailableError: The history can't be made, e.g. for a project that doesn't exist.
        """
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy

        project = self.chosen_project()
        return _reporting_migration(
            ExecutionLogger(self.path())
            if project is None
            else ExecutionLogger.for_project(project)
        )


def migration_text(path: Path, migration: Migration) -> str:
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


def _reporting_migration(logger: ExecutionLogger) -> ExecutionLogger:
    if logger.migration is not None:
        text = migration_text(logger.path, logger.migration)
        error_console().print(Text(text, style="dim"), soft_wrap=True)
    return logger


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
