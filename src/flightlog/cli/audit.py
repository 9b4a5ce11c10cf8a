"""
`flightlog audit`: show who read payloads, exported, deleted, or let others in.

`note_command` notes what commands do, once several persons can have access to a history.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import make_output_console, write_json
from flightlog.errors import InvalidSettingError
from flightlog.text import clean

_MOST: Final = 1_000_000


def audit(
    *,
    limit: Annotated[int, Parameter(name=["--limit", "-n"])] = 50,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Show the audit log: who read payloads, exported, deleted, or let others in, and from where.

    It is kept once more than one person can have access: tokens exist, or other machines reach the
    receiver. It has no payloads and no queries. Only the newest entries are kept, about 16 MB.

    Args:
        limit: The number of entries, the newest first.
        json: Print JSON.
        history: The history.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: The limit can't be used.
        StoreUnavailableError: The history does not exist yet.
    """
    from flightlog.receiver.audit import AuditLog  # noqa: PLC0415 - a web server

    if not 1 <= limit <= _MOST:
        raise InvalidSettingError("--limit", f"is {limit}, not 1 to {_MOST:,}", hint="E.g. 50.")
    log = AuditLog((history or HistoryChoice()).require_history().path)
    entries = log.read(limit)
    if json:
        write_json(msgspec.json.encode(entries))
        return ExitCode.OK
    console = make_output_console()
    if not entries:
        reason = (
            "Nothing was read, exported or deleted since then."
            if log.is_on()
            else "It is kept once tokens exist, or other machines reach the receiver."
        )
        console.print(Text(f"The audit log is empty. {reason}"), soft_wrap=True)
        return ExitCode.OK
    table = Table("time (UTC)", "who", "action", "target", "from", "", box=None, pad_edge=False)
    for entry in entries:
        table.add_row(
            entry.at[:19].replace("T", " "),
            *map(Text, map(clean, (entry.who, entry.action, entry.target, entry.origin))),
            str(entry.status or ""),
        )
    console.print(table)
    return ExitCode.OK


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
