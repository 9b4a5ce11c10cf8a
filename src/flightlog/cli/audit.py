"""
`flightlog audit`: show who read payloads, exported, deleted, or let others in.

`note_command` notes what commands do, once several persons can have access to a history, and
`open_access` opens the tokens, sessions and audit log of a history.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import msgspec
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import make_output_console, write_json
from flightlog.errors import InvalidSettingError, StoreError
from flightlog.text import clean

if TYPE_CHECKING:
    from flightlog.receiver.audit import AuditLog
    from flightlog.receiver.session_files import SessionDirectory
    from flightlog.receiver.tokens import TokenDirectory

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
    if not 1 <= limit <= _MOST:
        raise InvalidSettingError("--limit", f"is {limit}, not 1 to {_MOST:,}", hint="E.g. 50.")
    with open_access(history or HistoryChoice()) as access:
        entries, is_on = access.audit.read(limit), access.audit.is_on()
    if json:
        write_json(msgspec.json.encode(entries))
        return ExitCode.OK
    console = make_output_console()
    if not entries:
        reason = (
            "Nothing was read, exported or deleted since then."
            if is_on
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


def note_command(history: HistoryChoice, action: str, target: str) -> None:
    """
    Write an entry of the audit log, if there is one or tokens exist; a failure is only reported.

    Args:
        history: The history.
        action: The kind of the action, e.g. `delete`.
        target: The object of the action, without values and queries.
    """
    address = history.find_address()
    if not address.keeps_credentials:
        note_beside(address.path, action, target)
        return
    try:
        with open_access(history) as access:
            access.note(action, target)
    except StoreError as error:
        print_error(f"The audit log can't be written: {clean(error.message)}", error.hint)


def note_beside(database: Path, action: str, target: str) -> None:
    """
    Write an entry of the audit log of a history in a file, if there is one or tokens exist.

    Args:
        database: The history's file.
        action: The kind of the action.
        target: The object of the action.
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

    _note(AuditLog.beside(database), action, target)


def _note(log: AuditLog, action: str, target: str) -> None:
    if log.is_on():
        log.add(f"user {find_user()}", action, target, origin="command line")


def find_user() -> str:
    """
    Find the user of this process.

    Returns:
        The name, or the number of a user without a name.
    """
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return str(os.geteuid()) if hasattr(os, "geteuid") else "unknown"


class Access(NamedTuple):
    """The parts of a history that let clients in, and note what they do."""

    tokens: TokenDirectory
    """The tokens."""
    sessions: SessionDirectory
    """The sessions of pages."""
    audit: AuditLog
    """The audit log."""
    note: Callable[[str, str], None]
    """Writes an entry of the audit log: the kind of the action, and its object."""


@contextmanager
def open_access(history: HistoryChoice) -> Iterator[Access]:
    """
    Open the tokens, sessions and audit log of a history: files beside it, or in its database.

    Args:
        history: The history.

    Yields:
        The tokens, sessions and audit log.

    Raises:
        StoreError: The history does not exist yet, or its database can't be used.
    """
    address = history.require_history()
    if not address.keeps_credentials:
        yield _open_beside(address.path)
        return
    from flightlog.receiver.shared_access import (  # noqa: PLC0415 - a web server
        find_document_copy,
        open_shared_access,
    )

    with history.open_to_change() as logger:
        copy = find_document_copy(logger)
        assert copy is not None, "the store of such an address keeps documents"
        copy.read_now()
        tokens, sessions, audit = open_shared_access(copy)

        def note(action: str, target: str) -> None:
            _note(audit, action, target)
            copy.flush()

        yield Access(tokens, sessions, audit, note)


def _open_beside(path: Path) -> Access:
    from flightlog.receiver.audit import AuditLog  # noqa: PLC0415 - a web server
    from flightlog.receiver.session_files import SessionDirectory  # noqa: PLC0415 - as above
    from flightlog.receiver.tokens import TokenDirectory  # noqa: PLC0415 - as above

    return Access(
        TokenDirectory.beside(path),
        SessionDirectory.beside(path),
        AuditLog.beside(path),
        lambda action, target: note_beside(path, action, target),
    )
