"""Note what commands do in the audit log of a history, once several persons can have access."""

from __future__ import annotations

import getpass
import os
from pathlib import Path


def note_command(database: Path, action: str, target: str) -> None:
    """
    Write an entry of the audit log, if there is one or tokens exist.

    Args:
        database: The history.
        action: The kind of the action, e.g. `delete`.
        target: The object of the action, without values and queries.
    """
    real = Path(os.path.realpath(database))
    # Exporting another user's history changes nothing beside it.
    is_kept = any(
        os.path.lexists(path.with_name(path.name + suffix))
        for path, suffix in ((real, ".audit.ndjson"), (database, "-tokens"))
    )
    if not is_kept or not os.access(real.parent, os.W_OK):
        return
    from flightlog.receiver.audit import AuditLog  # noqa: PLC0415 - a web server

    log = AuditLog(database)
    if log.is_on():
        log.add(f"user {_find_user()}", action, target, origin="command line")


def _find_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A user without a name.
        return str(os.geteuid()) if hasattr(os, "geteuid") else "unknown"
