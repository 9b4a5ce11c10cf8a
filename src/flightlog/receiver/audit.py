"""
The audit log: who read payloads, deleted, exported, or let others in, and when and from where.

It is written once more than one person can have access. An entry has no payload and no query.
`audit_lines` keeps the lines beside a history in a file, and `shared_access` keeps those of a
server's history in its database.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Struct

from flightlog.clock import Clock, utc_now
from flightlog.receiver.asgi import Message, Scope, Send
from flightlog.receiver.audit_lines import AuditFile, AuditLines
from flightlog.receiver.rights import PAYLOAD_VIEWS, Client, Right, compile_path, find_right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.record.times import normalize_time

REPEATED_S: Final = 60.0
"""The same client's same reads within this time are one entry, seconds."""

_DETAILS_KEY: Final = "flightlog.audited"
_MAX_RECENT: Final = 1_000
_MAX_TEXT: Final = 500
_MAX_IDS: Final = 20
_OK: Final = 400
_EXECUTION: Final = "/api/executions/{execution_id:str}"
_ACTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("GET", "/api/executions"): "read payloads",
    ("GET", _EXECUTION): "read payloads",
    ("GET", "/api/triggers"): "read payloads",
    **{("GET", path): "read payload" for path in PAYLOAD_VIEWS},
    ("GET", "/api/audit"): "read audit log",
    ("POST", "/api/exports"): "export",
    ("GET", f"{_EXECUTION}/share"): "share",
    ("GET", f"{_EXECUTION}/models"): "read payloads",
    ("DELETE", _EXECUTION): "delete",
    ("DELETE", "/api/workflows/{workflow_id:str}/executions"): "delete",
    ("POST", "/api/deletions"): "delete",
    ("PUT", f"{_EXECUTION}/star"): "star",
    ("DELETE", f"{_EXECUTION}/star"): "star",
    ("PUT", "/api/query/saved/{name:str}"): "save query",
    ("DELETE", "/api/query/saved/{name:str}"): "delete query",
    ("POST", "/api/links"): "make link",
    ("POST", "/api/sessions"): "begin session",
    ("DELETE", "/api/sessions"): "end session",
}
_PATTERNS: Final = tuple(
    (method, compile_path(path), action) for (method, path), action in _ACTIONS.items()
)
_SEARCH: Final = "search"
_SEARCHED: Final = frozenset(
    {
        "/api/summaries",
        "/api/facets",
        "/api/counts",
        "/api/series",
        "/api/workflows",
        "/api/nodes",
        "/api/errors",
        "/api/comparison",
        "/api/usage",
        "/api/query/nearest",
    }
)
"""The routes that a query can choose from; without a query they show no payload."""
_VIEW: Final = re.compile(r"/(?:raw|tree|table|search|select)$")
_READS: Final = frozenset({"read payloads", "read payload", "read audit log", _SEARCH})
_log: Final = logging.getLogger("flightlog.receiver")


class AuditEntry(Struct, frozen=True, kw_only=True, rename="camel"):
    """An action of a client."""

    at: str
    """When the action was requested, UTC."""
    who: str
    """The credentials: a token, a session, a user, or the installation's key."""
    action: str
    """The kind of the action, e.g. `read payload` or `delete`."""
    target: str
    """The path of the request without `/api/`, or the words of a command; never a query."""
    origin: str
    """The address of the client, or `command line`."""
    status: int
    """The HTTP status of the answer; 0 for a command."""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(AuditEntry).decode


class AuditLog:
    """
    The audit log of one history; safe to use from several threads and processes.

    Args:
        lines: Keeps the lines of the log.
        tokens: The tokens of the history.
        is_shared: Whether several persons may have access although no token exists, e.g. because
            other machines reach the receiver.
        clock: The time of the entries.
    """

    def __init__(
        self,
        lines: AuditLines,
        tokens: TokenDirectory,
        *,
        is_shared: bool = False,
        clock: Clock = utc_now,
    ) -> None:
        self._lines = lines
        self._tokens = tokens
        self._is_shared = is_shared
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: OrderedDict[tuple[str, str, str, str], float] = OrderedDict()

    @classmethod
    def beside(cls, database: Path, *, is_shared: bool = False) -> Self:
        """
        Open the audit log of a history in a file.

        Args:
            database: The history's file.
            is_shared: Whether several persons may have access although no token exists.

        Returns:
            The log.
        """
        return cls(AuditFile(database), TokenDirectory.beside(database), is_shared=is_shared)

    @property
    def place(self) -> str:
        """Where the entries are, for messages."""
        return self._lines.place

    def is_on(self) -> bool:
        """
        Check whether entries are written.

        Returns:
            True if several persons may have access: tokens exist, the receiver is shared, or the
            log was begun.
        """
        return self._is_shared or self._lines.has_any() or self._tokens.has_any()

    def follow(self, scope: Scope, client: Client, send: Send) -> Send:
        """
        Write an entry when a request is answered, if its action is audited.

        Args:
            scope: The request's ASGI scope.
            client: The sender of the request.
            send: The request's ASGI channel for answers.

        Returns:
            The channel to send the answer on.
        """
        action = find_action(scope)
        if action is None or not self.is_on():
            return send
        target = name_target(scope)
        details: list[str] = []
        scope[_DETAILS_KEY] = details

        async def note_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                address = scope.get("client")
                origin = str(address[0]) if address else "unix socket"
                if client.forwarded_for is not None:
                    origin = f"{client.forwarded_for} via {origin}"
                what = " ".join((target, *details))
                self.add(client.who, action, what, origin=origin, status=message["status"])
            await send(message)

        return note_and_send

    def add(self, who: str, action: str, target: str, *, origin: str, status: int = 0) -> None:
        """
        Write an entry; if this fails, only log the failure.

        Args:
            who: The credentials.
            action: The kind of the action.
            target: The object of the action.
            origin: The client's address.
            status: The HTTP status.
        """
        if action in _READS and status < _OK and self._is_repeated((who, action, target, origin)):
            return
        entry = AuditEntry(
            at=normalize_time(self._clock().isoformat()),
            who=who[:_MAX_TEXT],
            action=action,
            target=target[:_MAX_TEXT],
            origin=origin,
            status=status,
        )
        try:
            self._lines.append(_encode(entry))
        except (OSError, UnicodeError) as error:
            _log.warning("The audit log %s can't be written: %s.", self.place, error)

    def _is_repeated(self, key: tuple[str, str, str, str]) -> bool:
        now = time.monotonic()
        with self._lock:
            last = self._recent.get(key)
            if last is not None and now - last < REPEATED_S:
                return True
            self._recent[key] = now
            self._recent.move_to_end(key)
            if len(self._recent) > _MAX_RECENT:
                self._recent.popitem(last=False)
        return False

    def read(self, limit: int) -> tuple[AuditEntry, ...]:
        """
        Read the newest entries.

        Args:
            limit: The largest number of entries.

        Returns:
            The entries, the newest first.
        """
        entries = map(_decode_entry, self._lines.read_newest(limit))
        return tuple(islice(filter(None, entries), limit))


def _decode_entry(line: bytes) -> AuditEntry | None:
    try:
        return _decode(line)
    except msgspec.MsgspecError:
        # The line is damaged.
        return None


def note_ids(scope: Scope, ids: Sequence[str]) -> None:
    """
    Add executions to the entry of a request; call this before the request is answered.

    Args:
        scope: The request's ASGI scope.
        ids: The executions that the request's body chooses.
    """
    details = scope.get(_DETAILS_KEY)
    if details is not None:
        details.append(f"({len(ids):,}: {', '.join(ids[:_MAX_IDS])})")


def find_action(scope: Scope) -> str | None:
    """
    Find the audited action of a request.

    Args:
        scope: The request's ASGI scope.

    Returns:
        The action; None for a request that is not audited.
    """
    path = _find_path(scope)
    method = scope["method"]
    for known, pattern, action in _PATTERNS:
        if method == known and pattern.fullmatch(path):
            return action
    if find_right(scope) is Right.ADMIN:
        return "change"
    is_search = method == "GET" and path in _SEARCHED
    if not is_search:
        return None
    # A client may write the name of a parameter with escapes.
    names = {name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"))}
    return _SEARCH if "q" in names else None


def name_target(scope: Scope) -> str:
    """
    Name the object of a request, without its query and without the view of a payload.

    Args:
        scope: The request's ASGI scope.

    Returns:
        The decoded path without `/api/`.
    """
    return unquote(_VIEW.sub("", _find_path(scope)).removeprefix("/api/"))


def _find_path(scope: Scope) -> str:
    return f"/{scope['raw_path'].decode('ascii').strip('/')}"
