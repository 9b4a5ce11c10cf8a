"""The paths of histories: the user's own, and a project's."""

from __future__ import annotations

import contextlib
from os import PathLike
from pathlib import Path

import platformdirs

from flightlog.errors import StoreUnavailableError, StoreUnsafeError
from flightlog.store.sqlite.access import describe_user, is_foreign, is_root


def default_database() -> Path:
    """
    Return the path of the user's own history.

    Returns:
        `executions.db` in the user's data directory, e.g. `~/.local/share/flightlog/executions.db`.
    """
    return platformdirs.user_data_path("flightlog", appauthor=False) / "executions.db"


def project_database(project: str | PathLike[str]) -> Path:
    """
    Return the path of a project's history.

    Args:
        project: The project's directory.

    Returns:
        `.lowcode/executions.db` in the directory.
    """
    return Path(project) / ".lowcode" / "executions.db"


def check_project(project: Path) -> None:
    """
    Check that a project's history may be opened and made.

    Args:
        project: The project's directory.

    Raises:
        StoreUnavailableError: The directory does not exist, or can't be reached.
        StoreUnsafeError: This user is root and the project's owner is another user.
    """
    path = project_database(project)
    # Root must not make the history, because the project's owner could not write to the file.
    with contextlib.suppress(OSError):
        found = project.stat()
        if is_root() and is_foreign(found) and not path.exists():
            owner = describe_user(found.st_uid)
            reason = f"is not made by root: the project belongs to {owner}"
            raise StoreUnsafeError(str(path), reason, hint=f"Run this command as {owner}.")
    fault = "does not exist"
    try:
        if project.is_dir():
            return
    except OSError as error:
        fault = f"can't be reached ({error.strerror})"
    reason = f"can't be opened: the project's directory {fault}"
    hint = "Name the directory that holds the project, as in --project DIR."
    raise StoreUnavailableError(str(path), reason, hint=hint)
