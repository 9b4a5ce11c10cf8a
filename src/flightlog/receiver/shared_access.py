"""
The tokens, sessions, codes and audit log of a server's history: in its database, for all receivers.

A receiver answers requests by a copy of the documents in memory, which a thread reads again every
second, so that no request waits for the database. A credential that the copy doesn't know makes
the receiver read it at once. Only digests of secrets are stored.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.clock import utc_now
from flightlog.errors import StoreError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.audit import AuditEntry, AuditLog, decode_entry
from flightlog.receiver.session_files import SessionDirectory, StoredSession
from flightlog.receiver.sessions import (
    CODE_S,
    REPEAT_S,
    SESSION_S,
    InvalidCodeError,
    Sessions,
)
from flightlog.receiver.tokens import TokenDirectory
from flightlog.secret_key import SecretKey, hash_token
from flightlog.store.documents import SharedDocuments, find_documents

_TOKEN: Final = "token"  # noqa: S105 - a kind of documents
_SESSION: Final = "session"
_CODE: Final = "code"
_COPIED: Final = (_TOKEN, _SESSION)
INTERVAL_S: Final = 1.0
"""The time after which each receiver knows of a new, revoked or ended credential, seconds."""
_SHORTEST_S: Final = 0.1
"""The time between two readings for unknown credentials, seconds; guesses cause no more of them."""
_MOST_LINES: Final = 10_000
"""The lines of the audit log that wait while the database is away."""
_PREFIX: Final = "fls"
_ID_CHARACTERS: Final = 8
_NONCE_CHARACTERS: Final = 32
_log: Final = logging.getLogger("flightlog.receiver")


class DocumentCopy:
    """
    A copy of the documents of a history in memory.

    Args:
        documents: The documents.
    """

    def __init__(self, documents: SharedDocuments) -> None:
        self.documents = documents
        self._known: Mapping[tuple[str, str], bytes] = {}
        self._lock = threading.Lock()
        self._read_at = -1.0
        """When the last reading began, by the monotonic clock."""
        self._lines: deque[bytes] = deque(maxlen=_MOST_LINES)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Read the documents, and begin to read them again every second."""
        self.refresh()
        self._thread = threading.Thread(target=self._run, name="flightlog-access")
        self._thread.start()

    def close(self) -> None:
        """End the thread, after it has written what waits."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(INTERVAL_S):
            self.refresh()
            self.flush()
        self.flush()

    def refresh(self) -> None:
        """
        Read the documents as they are now; a failure keeps the copy as it is.

        Calls that wait at the same time share a reading, which begins after them.
        """
        called_at = time.monotonic()
        if not self._lock.acquire(timeout=INTERVAL_S):
            # The database doesn't answer.
            return
        try:
            if self._read_at >= called_at:
                return
            self._ending.wait(self._read_at + _SHORTEST_S - called_at)
            self._read_at = time.monotonic()
            self._known = self.documents.list_documents(_COPIED)
        except StoreError as error:
            _log.warning("Tokens and sessions can't be read now: %s", error)
        finally:
            self._lock.release()

    def read_now(self) -> None:
        """
        Read the documents.

        Raises:
            StoreError: The database can't be read.
        """
        with self._lock:
            self._known = self.documents.list_documents(_COPIED)

    def read(self, kind: str, name: str) -> bytes | None:
        """
        Read a document of the copy.

        Args:
            kind: The kind.
            name: The name.

        Returns:
            The document; None if there is none.
        """
        return self._known.get((kind, name))

    def list_names(self, kind: str) -> list[str]:
        """
        List the documents of a kind.

        Args:
            kind: The kind.

        Returns:
            Their names.
        """
        return [name for each, name in self._known if each == kind]

    def forget(self, kind: str, name: str) -> None:
        """
        Forget a document that was deleted.

        Args:
            kind: The kind.
            name: The name.
        """
        with self._lock:
            self._known = {key: data for key, data in self._known.items() if key != (kind, name)}

    def remember(self, kind: str, name: str, data: bytes) -> None:
        """
        Remember a document that was added.

        Args:
            kind: The kind.
            name: The name.
            data: The document.
        """
        with self._lock:
            self._known = {**self._known, (kind, name): data}

    def append_line(self, line: bytes) -> None:
        """
        Write a line of the audit log within a second.

        Args:
            line: The line.
        """
        self._lines.append(line)

    def flush(self) -> None:
        """Write the lines of the audit log that wait."""
        lines: list[bytes] = []
        while self._lines:
            lines.append(self._lines.popleft())
        if not lines:
            return
        try:
            self.documents.append_audit(lines)
        except StoreError as error:
            _log.warning("The audit log can't be written now: %s", error)
            self._lines.extendleft(reversed(lines))


class _Documents:
    """Replaces the files of a directory by the documents of one kind."""

    _kind: str
    _copy: DocumentCopy

    def _list_names(self) -> Sequence[str]:
        return self._copy.list_names(self._kind)

    def _delete(self, name: str) -> bool:
        was_there = self._copy.documents.delete_document(self._kind, name)
        self._copy.forget(self._kind, name)
        return was_there

    def _load(self, name: str) -> bytes | None:
        return self._copy.read(self._kind, name)


class SharedTokens(_Documents, TokenDirectory):
    """
    The tokens of a server's history.

    Args:
        copy: The documents.
        path: The name beside which this machine keeps its own files.
    """

    _kind = _TOKEN

    def __init__(self, copy: DocumentCopy, path: Path) -> None:
        super().__init__(path)
        self._copy = copy

    def has_any(self) -> bool:
        """Check whether tokens exist; see `TokenDirectory.has_any`."""
        return bool(self._copy.list_names(_TOKEN))

    def _write(self, token_id: str, data: bytes) -> None:
        self._copy.documents.add_document(_TOKEN, token_id, data, None)
        self._copy.remember(_TOKEN, token_id, data)


class SharedSessionFiles(_Documents, SessionDirectory):
    """
    The sessions of a server's history.

    Args:
        copy: The documents.
        path: The name beside which this machine keeps its own files.
    """

    _kind = _SESSION

    def __init__(self, copy: DocumentCopy, path: Path) -> None:
        super().__init__(path)
        self._copy = copy

    def has(self, session_id: str) -> bool:
        """Check whether a session was stored; see `SessionDirectory.has`."""
        return self._load(session_id) is not None

    def _write(self, session: StoredSession, data: bytes) -> None:
        self._copy.documents.add_document(_SESSION, session.id, data, session.expires_at)
        self._copy.remember(_SESSION, session.id, data)


class _Code(Struct, frozen=True, kw_only=True):
    """A one-time code as it is stored, by its digest."""

    ends_at: datetime
    """When it can't be exchanged any more, or its exchange not be repeated."""
    claim: str | None = None
    """The digest of the random text of the page that exchanged it; None: no page yet."""
    session_ends_s: int = 0
    """When the session of that page ends, seconds since 1970."""


_encode: Final = msgspec.json.Encoder().encode
_decode_code: Final = msgspec.json.Decoder(_Code).decode


class SharedSessions(Sessions):
    """
    Makes codes and sessions that every receiver of the history accepts, on any port.

    Args:
        installation: Not used for sessions, because each machine has its own.
        port: The receiver's port, for lists.
        files: Remembers the sessions.
        copy: The documents.
    """

    def __init__(
        self, installation: SecretKey, port: int, files: SharedSessionFiles, copy: DocumentCopy
    ) -> None:
        super().__init__(installation, port, files)
        self._stored = files
        self._shown_port = port
        self._documents = copy.documents

    def make_code(self) -> str:
        """Make a code; see `Sessions.make_code`."""
        code = secrets.token_urlsafe(24)
        made = _Code(ends_at=utc_now() + timedelta(seconds=CODE_S))
        self._documents.add_document(_CODE, _digest(code), _encode(made), made.ends_at)
        return code

    def exchange(self, code: str, claim: str = "") -> str:
        """Exchange a code for a session; see `Sessions.exchange`."""
        name, known_claim = _digest(code), _digest(claim)
        stored = self._read_code(name)
        known = _decode_code(stored)
        if known.claim is None:
            ends_s = int(time.time() + SESSION_S)
            repeat_until = min(known.ends_at, utc_now() + timedelta(seconds=REPEAT_S))
            used = _Code(ends_at=repeat_until, claim=known_claim, session_ends_s=ends_s)
            if self._documents.replace_document(_CODE, name, stored, _encode(used)):
                return self._begin(_make_session(code, claim, ends_s), ends_s)
            # Another receiver was faster.
            known = _decode_code(self._read_code(name))
        if not claim or not hmac.compare_digest(known.claim or "", known_claim):
            raise InvalidCodeError
        return _make_session(code, claim, known.session_ends_s)

    def _read_code(self, name: str) -> bytes:
        stored = self._documents.list_documents((_CODE,)).get((_CODE, name))
        if stored is None or utc_now() >= _decode_code(stored).ends_at:
            raise InvalidCodeError
        return stored

    def begin(self) -> str:
        """Begin a session; see `Sessions.begin`."""
        ends_s = int(time.time() + SESSION_S)
        return self._begin(_make_session(secrets.token_hex(32), "", ends_s), ends_s)

    def _begin(self, session: str, ends_s: int) -> str:
        self._stored.add(
            StoredSession(
                id=_find_id(session),
                port=self._shown_port,
                created_at=utc_now(),
                expires_at=datetime.fromtimestamp(ends_s, UTC),
                digest=hash_token(session).hex(),
            )
        )
        return session

    def end(self, session_id: str) -> bool:
        """End a session; see `Sessions.end`."""
        return self._stored.end(session_id)

    def find(self, session: str) -> str | None:
        """Find a session; see `Sessions.find`."""
        if not session.startswith(f"{_PREFIX}_"):
            return None
        stored = self._stored.read(_find_id(session))
        if stored is None or not stored.digest:
            return None
        if not hmac.compare_digest(stored.digest, hash_token(session).hex()):
            return None
        return stored.id if utc_now() < stored.expires_at else None


def _make_session(code: str, claim: str, ends_s: int) -> str:
    """Make the session of a code, the same one for the same page."""
    digest = hmac.new(code.encode(), b"session\0" + claim.encode(), "sha256").hexdigest()
    return f"{_PREFIX}_{ends_s}_{digest[:_NONCE_CHARACTERS]}_{digest[_NONCE_CHARACTERS:]}"


def _find_id(session: str) -> str:
    return session.rpartition("_")[0].rpartition("_")[2][:_ID_CHARACTERS]


def _digest(secret: str) -> str:
    return hash_token(secret).hex()


class SharedAudit(AuditLog):
    """
    The audit log of a server's history.

    Args:
        copy: The documents.
        path: The name beside which this machine keeps its own files.
        tokens: The tokens of the history.
        is_shared: Whether several persons may have access although no token exists.
    """

    def __init__(
        self, copy: DocumentCopy, path: Path, tokens: TokenDirectory, *, is_shared: bool = False
    ) -> None:
        super().__init__(path, is_shared=is_shared, tokens=tokens)
        self._copy = copy

    def _append(self, line: bytes) -> None:
        self._copy.append_line(line.rstrip())

    def read(self, limit: int) -> tuple[AuditEntry, ...]:
        """Read the newest entries; see `AuditLog.read`."""
        entries = map(decode_entry, self._copy.documents.read_audit(limit))
        return tuple(entry for entry in entries if entry is not None)


def open_shared_access(
    logger: ExecutionLogger,
) -> tuple[DocumentCopy | None, TokenDirectory, SessionDirectory, AuditLog]:
    """
    Open what lets clients in to a server's history, for a command.

    Args:
        logger: The history.

    Returns:
        The copy of the documents, the tokens, the sessions and the audit log. If the store keeps no
        documents, there is no copy, and the others are files of this machine.

    Raises:
        StoreError: The database can't be read.
    """
    path = logger.path
    documents = find_documents(logger.writer)
    if documents is None:
        return None, TokenDirectory(path), SessionDirectory(path), AuditLog(path)
    copy = DocumentCopy(documents)
    copy.read_now()
    tokens = SharedTokens(copy, path)
    return copy, tokens, SharedSessionFiles(copy, path), SharedAudit(copy, path, tokens)
