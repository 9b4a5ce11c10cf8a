"""The history that settings choose. `flightlog.cli.history` opens it for the commands."""

from __future__ import annotations

from pathlib import Path

from flightlog.cli.settings import Source, choose
from flightlog.errors import InvalidSettingError


def choose_path(sources: list[Source]) -> Path:
    """
    Return the path of the chosen database.

    Args:
        sources: The settings of all sources, the strongest first.

    Returns:
        The path.

    Raises:
        InvalidSettingError: One source names both a database and a project.
    """
    from flightlog.logger import default_database, project_database  # noqa: PLC0415 - lazy

    for name, values in sources:
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


def choose_project(sources: list[Source]) -> Path | None:
    """
    Return the project whose history was chosen.

    Args:
        sources: The settings of all sources, the strongest first.

    Returns:
        The project's directory; None for a history without a project.

    Raises:
        InvalidSettingError: One source names both a database and a project.
    """
    from flightlog.logger import project_database  # noqa: PLC0415 - lazy

    project = choose(sources, "project").get("project")
    is_chosen = project is not None and choose_path(sources) == project_database(project)
    return project if is_chosen else None
