"""`flightlog token`: make, list and revoke the access tokens of a history."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from flightlog.cli.audit import open_access
from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import make_error_console, make_output_console, write_json
from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError
from flightlog.text import clean

if TYPE_CHECKING:
    from flightlog.receiver.rights import Right
    from flightlog.receiver.session_files import SessionDirectory, StoredSession
    from flightlog.receiver.tokens import AccessToken, TokenDirectory

_MAX_DAYS: Final = 36_500.0
_MAX_NAME: Final = 200
_ID: Final = re.compile(r"[0-9a-f]{8}")


def token(
    action: Literal["create", "list", "revoke"] = "list",
    /,
    *words: Annotated[str, Parameter(metavar="RIGHT|ID")],
    name: str = "",
    days: Annotated[float | None, Parameter(metavar="DAYS")] = None,
    project_id: Annotated[str | None, Parameter(metavar="ID")] = None,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Make, list or revoke the tokens with which programs and other machines use a history.

    `flightlog token create ingest` prints a new token, once. The rights are `ingest` (send
    records), `read`, and `admin` (also delete, and everything else). A token is valid for the
    history that was chosen when it was made, and a receiver that runs already accepts it at once.
    The tokens of a PostgreSQL history are in its database, for the receivers of all machines.
    `flightlog token list` also shows the sessions of pages of the viewer, and
    `flightlog token revoke ID` ends a token or a session.

    Args:
        action: create, list or revoke.
        words: With `create` the rights of the token, with `revoke` the ids of tokens or sessions.
        name: The purpose of the token, for the list.
        days: The token ends after so many days. [default: never]
        project_id: Restrict the token to the executions with this `projectId`.
        json: Print JSON.
        history: The history whose tokens they are.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: A right or an option can't be used, or the tokens can't be written.
        StoreUnavailableError: The history does not exist yet.
    """
    with open_access(history or HistoryChoice()) as access:
        if action == "create":
            code = _create(access.tokens, words, name, days, project_id, as_json=json)
            access.note("create token", " ".join((*words, name)).strip())
            return code
        if action == "revoke":
            code = _revoke(access.tokens, access.sessions, words)
            # A whole token that someone gave by mistake is a secret.
            access.note("revoke token", " ".join(filter(_ID.fullmatch, words)))
            return code
        return _list(access.tokens, access.sessions, as_json=json)


def _create(
    tokens: TokenDirectory,
    words: Sequence[str],
    name: str,
    days: float | None,
    project_id: str | None,
    *,
    as_json: bool,
) -> int:
    if days is not None and not 0 < days <= _MAX_DAYS:
        raise InvalidSettingError(
            "--days", f"is {days:g}, not more than 0 and at most {_MAX_DAYS:g}", hint="E.g. 90."
        )
    if len(name) > _MAX_NAME:
        raise InvalidSettingError(
            "--name", f"has {len(name)} characters, more than {_MAX_NAME}", hint="Shorten it."
        )
    expires_at = None if days is None else utc_now() + timedelta(days=days)
    rights = _read_rights(words)
    if project_id is not None:
        _check_project(project_id, rights)
    made, stored = tokens.create(rights, name=name, expires_at=expires_at, project_id=project_id)
    if as_json:
        write_json(msgspec.json.encode({"token": made, "id": stored.id}))
        return ExitCode.OK
    make_output_console().print(Text(made), soft_wrap=True)
    note = f"This is the only time that it is shown. `flightlog token revoke {stored.id}` ends it."
    make_error_console().print(Text(note, "dim"), soft_wrap=True)
    return ExitCode.OK


def _check_project(project_id: str, rights: Sequence[Right]) -> None:
    from flightlog.receiver.rights import Right  # noqa: PLC0415 - a web server

    if not project_id:
        raise InvalidSettingError(
            "--project-id", "is empty", hint="Write the projectId of the executions."
        )
    if Right.INGEST in rights:
        raise InvalidSettingError(
            "--project-id",
            "can't restrict the right `ingest`",
            hint="Records are merged by id across projects. Make another token for sending.",
        )


def _read_rights(words: Sequence[str]) -> list[Right]:
    from flightlog.receiver.rights import Right  # noqa: PLC0415 - a web server

    try:
        rights = [Right(word) for word in words]
    except ValueError:
        rights = []
    if not rights:
        raise InvalidSettingError(
            "RIGHT",
            f"is {' '.join(words)!r}" if words else "is missing",
            hint="Write `flightlog token create` and one or more of ingest, read and admin.",
        )
    return rights


def _revoke(tokens: TokenDirectory, sessions: SessionDirectory, words: Sequence[str]) -> int:
    if not words:
        raise InvalidSettingError(
            "ID", "is missing", hint="`flightlog token list` shows the ids of the tokens."
        )
    code = ExitCode.OK
    for token_id in words:
        if tokens.revoke(token_id) or _end_session(sessions, token_id):
            make_output_console().print(Text(f"Revoked {token_id}."), soft_wrap=True)
        else:
            print_error(
                f"There is no token or session {clean(token_id)!r}.",
                "`flightlog token list` shows the ids.",
            )
            code = ExitCode.NOT_FOUND
    return code


def _end_session(sessions: SessionDirectory, session_id: str) -> bool:
    try:
        return sessions.end(session_id)
    except OSError as error:
        raise InvalidSettingError(
            "ID",
            f"names a session that can't be ended in {sessions.place} ({error.strerror})",
            hint="Run this as the user who owns the history.",
        ) from error


def _list(tokens: TokenDirectory, sessions: SessionDirectory, *, as_json: bool) -> int:
    found, pages = tokens.list(), sessions.list()
    if as_json:
        both = [*map(_describe, found), *map(_describe_session, pages)]
        write_json(msgspec.json.encode(both))
        return ExitCode.OK
    if not found:
        make_output_console().print("No tokens. `flightlog token create read` makes one.")
    else:
        _print_tokens(found)
    if pages:
        _print_sessions(pages)
    return ExitCode.OK


def _print_sessions(found: Sequence[StoredSession]) -> None:
    make_output_console().print()
    table = Table("session", "port", "began", "ends", box=None, pad_edge=False)
    for page in found:
        table.add_row(
            page.id,
            str(page.port),
            f"{page.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            f"{page.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        )
    make_output_console().print(table)


def _print_tokens(found: Sequence[AccessToken]) -> None:
    table = Table("id", "rights", "project", "made", "ends", "name", box=None, pad_edge=False)
    for stored in found:
        table.add_row(
            stored.id,
            " ".join(sorted(stored.rights)),
            "all" if stored.project_id is None else clean(stored.project_id),
            f"{stored.created_at.astimezone(UTC):%Y-%m-%d}",
            _describe_end(stored),
            clean(stored.name),
        )
    make_output_console().print(table)


def _describe_session(stored: StoredSession) -> dict[str, object]:
    return {
        "id": stored.id,
        "session": True,
        "port": stored.port,
        "createdAt": stored.created_at,
        "expiresAt": stored.expires_at,
    }


def _describe(stored: AccessToken) -> dict[str, object]:
    return {
        "id": stored.id,
        "rights": sorted(stored.rights),
        "projectId": stored.project_id,
        "name": stored.name,
        "createdAt": stored.created_at,
        "expiresAt": stored.expires_at,
    }


def _describe_end(stored: AccessToken) -> str:
    if stored.expires_at is None:
        return "never"
    day = f"{stored.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{day} (over)" if stored.has_expired() else day
