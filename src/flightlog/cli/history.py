"""
Which history a command works on, and opening it.

Every command takes `HistoryChoice`. Where settings come from is `flightlog.cli.settings`; what the
history does is `flightlog.logger`, imported only when a command really opens it.
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
    """Which history a command works on."""

    db: Annotated[Path | None, Parameter(metavar="FILE", help=SETTINGS["db"].summary)] = None
    project: Annotated[Path | None, Parameter(metavar="DIR", help=SETTINGS["project"].summary)] = (
        None
    )
    config: Annotated[Path | None, CONFIG] = None

    def sources(self, **flags: Any) -> list[Source]:
        """Collect the settings that somebody chose, with these other flags of the command."""
        return sources({"db": self.db, "project": self.project, **flags}, self.config)

    def path(self) -> Path:
        """
        The database that was chosen.

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
        """The project whose history was chosen; None when it is no project's."""
        from flightlog.logger import project_database  # noqa: PLC0415 - lazy

        project = choose(self.sources(), "project").get("project")
        return project if project is not None and self.path() == project_database(project) else None

    def open(self) -> ExecutionLogger:
        """
        Open the history for reading what is there; nothing is written, and nothing migrated.

        Says on standard error if the history belongs to another user, or can't be written.

        Raises:
            StoreUnavailableError: There is none yet; none was made.
        """
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy

        path = self.existing()
        logger = ExecutionLogger(path, read_only=True)
        if (note := _read_only_note(path)) is not None:
            error_console().print(Text(note, style="dim"), soft_wrap=True)
        return logger

    def open_to_change(self) -> ExecutionLogger:
        """
        Open the history that is there for writing.

        Raises:
            StoreUnavailableError: There is none yet; none was made.
        """
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy

        return _reporting_migration(ExecutionLogger(self.existing()))

    def existing(self) -> Path:
        """
        The database that was chosen, which is there.

        Raises:
            StoreUnavailableError: There is none yet.
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
        Open the history for writing; it is made if it isn't there.

        Raises:
            StoreUnavailableError: It can't be made, e.g. for a project that doesn't exist.
        """
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy

        project = self.chosen_project()
        return _reporting_migration(
            ExecutionLogger(self.path())
            if project is None
            else ExecutionLogger.for_project(project)
        )


def migration_text(path: Path, migration: Migration) -> str:
    """Describe a migration, with the place of the backup."""
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
