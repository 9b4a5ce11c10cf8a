"""
Which history a command works on, and opening it.

Every command takes `HistoryChoice`. Where settings come from is `flightlog.cli.settings`; what the
history does is `flightlog.logger`, imported only when a command really opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from flightlog.cli.settings import CONFIG_VARIABLE, SETTINGS, Source, choose, sources
from flightlog.errors import InvalidSettingError, StoreUnavailableError

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger

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
        Open the history for reading what is there.

        Raises:
            StoreUnavailableError: There is none yet; none was made.
        """
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy

        path = self.path()
        if not path.exists():
            raise StoreUnavailableError(
                str(path),
                "doesn't exist yet",
                hint="Start `flightlog serve` and run a workflow, or choose another history "
                "with --db or --project.",
            )
        return ExecutionLogger(path)

    def open_or_make(self) -> ExecutionLogger:
        """
        Open the history for writing; it is made if it isn't there.

        Raises:
            StoreUnavailableError: It can't be made, e.g. for a project that doesn't exist.
        """
        from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - lazy

        project = self.chosen_project()
        return (
            ExecutionLogger(self.path())
            if project is None
            else ExecutionLogger.for_project(project)
        )
