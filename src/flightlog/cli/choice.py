"""The history that settings choose. `flightlog.cli.history` opens it for the commands."""

from __future__ import annotations

from pathlib import Path

from flightlog.cli.settings import Source, choose
from flightlog.errors import InvalidSettingError, StoreUnsupportedError
from flightlog.store.address import StorageAddress, parse_address


def choose_address(sources: list[Source]) -> StorageAddress:
    """
    Return the place of the chosen history.

    Args:
        sources: The settings of all sources, the strongest first.

    Returns:
        The address.

    Raises:
        InvalidSettingError: One source names both a database and a project.
    """
    from flightlog.history_paths import default_database, project_database  # noqa: PLC0415 - lazy

    for name, values in sources:
        chosen = choose([(name, values)], "db", "project")
        if len(chosen) > 1:
            raise InvalidSettingError(
                "db", f"and `project` are both chosen by {name}", hint="Choose one of them."
            )
        if "db" in chosen:
            return parse_address(chosen["db"])
        if "project" in chosen:
            return parse_address(project_database(chosen["project"]))
    return parse_address(default_database())


def choose_path(sources: list[Source], purpose: str) -> Path:
    """
    Return the path of the chosen history, which must be a SQLite file.

    Args:
        sources: The settings of all sources, the strongest first.
        purpose: The command or part that works on files only, for the error message.

    Returns:
        The path.

    Raises:
        InvalidSettingError: One source names both a database and a project.
        StoreUnsupportedError: The history is in another store.
    """
    return require_file(choose_address(sources), purpose)


def require_file(address: StorageAddress, purpose: str) -> Path:
    """
    Return the SQLite file at an address.

    Args:
        address: The place of a history.
        purpose: The command or part that works on files only, for the error message.

    Returns:
        The path.

    Raises:
        StoreUnsupportedError: The history is in another store.
    """
    if not address.is_file:
        raise StoreUnsupportedError(str(address), purpose)
    return address.path


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
    from flightlog.history_paths import project_database  # noqa: PLC0415 - lazy

    project = choose(sources, "project").get("project")
    is_chosen = project is not None and choose_address(sources).path == project_database(project)
    return project if is_chosen else None


def read_address_argument(text: str, name: str) -> StorageAddress:
    """
    Read the place of a history from the command line, which other users of this machine can see.

    Args:
        text: The argument.
        name: The name of the argument, for the error message.

    Returns:
        The address.

    Raises:
        InvalidSettingError: The address can't be used, or has a password.
    """
    address = parse_address(text, name)
    if address.has_password:
        raise InvalidSettingError(
            name,
            "has a password, which the list of processes would show to other users",
            hint="Leave the password out, and put it into PGPASSWORD, into the file that "
            "PGPASSFILE names, or write the whole URL into FLIGHTLOG_DB or the configuration file.",
        )
    return address
