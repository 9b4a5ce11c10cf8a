"""
The tokens, sessions and audit log of a server's history: in its database, for all receivers.

A receiver answers requests by a copy of the documents in memory, which a thread reads again every
second, so that no request waits for the database. A credential that the copy doesn't know makes
the receiver read it at once. Only digests of secrets are stored.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from flightlog.errors import StoreError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.audit import AuditLog
from flightlog.receiver.session_files import SessionDirectory
from flightlog.receiver.tokens import TokenDirectory
from flightlog.store.documents import SharedDocuments, find_documents

_TOKEN: Final = "token"  # noqa: S105 - a kind of documents
_SESSION: Final = "session"
_COPIED: Final = (_TOKEN, _SESSION)
INTERVAL_S: Final = 1.0
"""The time after which each receiver knows of a new, revoked or ended credential, seconds."""
_SHORTEST_S: Final = 0.1
"""The time between two readings for unknown credentials, seconds; guesses cause no more of them."""
_MOST_LINES: Final = 10_000
"""The lines of the audit log that wait while the database is away."""
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
        self.has_lines = False
        """Whether the audit log has a line."""
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
            self._read()
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
            self._read()

    def _read(self) -> None:
        self._known = self.documents.list_documents(_COPIED)
        self.has_lines = self.has_lines or bool(self.documents.read_audit(1))

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


class CopiedDocuments:
    """
    The documents of one kind in a server's history, read from the copy; see `Documents`.

    Args:
        copy: The documents.
        kind: The kind.
    """

    place = "the database"
    """See `Documents.place`."""

    def __init__(self, copy: DocumentCopy, kind: str) -> None:
        self._copy = copy
        self._kind = kind

    def list_names(self) -> Sequence[str]:
        """List the documents; see `Documents.list_names`."""
        return self._copy.list_names(self._kind)

    def has_any(self) -> bool:
        """Check whether there is a document; see `Documents.has_any`."""
        return bool(self.list_names())

    def read(self, name: str) -> bytes | None:
        """Read a document; see `Documents.read`."""
        return self._copy.read(self._kind, name)

    def add(self, name: str, data: bytes, expires_at: datetime | None) -> None:
        """Add a document, also to the copy; see `Documents.add`."""
        self._copy.documents.add_document(self._kind, name, data, expires_at)
        self._copy.remember(self._kind, name, data)

    def delete(self, name: str) -> bool:
        """Delete a document, also from the copy; see `Documents.delete`."""
        was_there = self._copy.documents.delete_document(self._kind, name)
        self._copy.forget(self._kind, name)
        return was_there


class SharedAuditLines:
    """
    The lines of the audit log in a server's history; see `AuditLines`.

    Args:
        copy: The documents, which write the lines within a second.
    """

    place = "in the database"
    """See `AuditLines.place`."""

    def __init__(self, copy: DocumentCopy) -> None:
        self._copy = copy

    def append(self, line: bytes) -> None:
        """Add a line; see `AuditLines.append`."""
        self._copy.append_line(line)

    def read_newest(self, limit: int) -> Sequence[bytes]:
        """Read the newest lines; see `AuditLines.read_newest`."""
        return self._copy.documents.read_audit(limit)

    def has_any(self) -> bool:
        """Check whether a receiver has begun the log; see `AuditLines.has_any`."""
        return self._copy.has_lines


class Access(NamedTuple):
    """The parts of a history that let clients in, and note what they do."""

    tokens: TokenDirectory
    """The tokens."""
    sessions: SessionDirectory
    """The sessions of pages."""
    audit: AuditLog
    """The audit log."""


def open_shared_access(copy: DocumentCopy, *, is_shared: bool = False) -> Access:
    """
    Open what lets clients in to a server's history.

    Args:
        copy: The documents.
        is_shared: Whether several persons may have access although no token exists.

    Returns:
        The tokens, the sessions and the audit log.
    """
    tokens = TokenDirectory(CopiedDocuments(copy, _TOKEN))
    sessions = SessionDirectory(CopiedDocuments(copy, _SESSION))
    return Access(tokens, sessions, AuditLog(SharedAuditLines(copy), tokens, is_shared=is_shared))


def find_document_copy(logger: ExecutionLogger) -> DocumentCopy | None:
    """
    Find the documents that the receivers of a history share.

    Args:
        logger: The history.

    Returns:
        An empty copy of the documents; None for a history with files beside it, and one that is
        open for reading only.
    """
    documents = None if logger.is_read_only else find_documents(logger.writer)
    return None if documents is None else DocumentCopy(documents)
