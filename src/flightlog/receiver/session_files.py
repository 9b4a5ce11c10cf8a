"""
The sessions that pages have begun: in files beside the history, or in its database.

A session is valid only while its document is there, so deleting it ends the session, also from
another process. The document has no secret.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec import Struct

from flightlog.clock import utc_now
from flightlog.receiver.documents import Documents, FileDocuments

_ID: Final = re.compile(r"[0-9a-f]{8}")


class StoredSession(Struct, frozen=True, kw_only=True, rename="camel"):
    """A session of a page."""

    id: str
    """The public part of the session, 8 hexadecimal digits."""
    port: int
    """The port of the receiver that began the session."""
    created_at: datetime
    """When the session began, UTC."""
    expires_at: datetime
    """When the session ends, UTC."""
    digest: str = ""
    """The SHA-256 of the session, hexadecimal; empty for a session that is signed for a machine."""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(StoredSession).decode


class SessionDirectory:
    """
    The sessions of one history.

    Args:
        documents: Keeps the sessions.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    @classmethod
    def beside(cls, database: Path) -> Self:
        """
        Open the sessions of a history in a file.

        Args:
            database: The history's file; the sessions are in a directory beside it.

        Returns:
            The sessions.
        """
        directory = database.with_name(f"{database.name}-sessions")
        return cls(FileDocuments(lambda: directory))

    @property
    def place(self) -> str:
        """Where the sessions are, for messages."""
        return self._documents.place

    def add(self, session: StoredSession) -> None:
        """
        Store a session, and remove those that have ended.

        Args:
            session: The session.

        Raises:
            OSError: The directory can't be written.
            StoreError: The database can't be changed.
        """
        for ended in self.list():
            if ended.expires_at <= utc_now():
                self.end(ended.id)
        self._documents.add(session.id, _encode(session), session.expires_at)

    def has(self, session_id: str) -> bool:
        """
        Check whether a session was stored and not ended.

        Args:
            session_id: The public part of the session.

        Returns:
            Whether its document is there.
        """
        return self._documents.read(session_id) is not None

    def list(self) -> tuple[StoredSession, ...]:
        """
        List the sessions.

        Returns:
            The sessions, the oldest first; also those whose time is over.
        """
        try:
            names = self._documents.list_names()
        except OSError:
            return ()
        found = filter(None, map(self.read, filter(_ID.fullmatch, names)))
        return tuple(sorted(found, key=lambda session: session.created_at))

    def end(self, session_id: str) -> bool:
        """
        End a session; every later request with the session is refused.

        Args:
            session_id: The public part of the session.

        Returns:
            False if there is no such session.

        Raises:
            OSError: The directory can't be written.
            StoreError: The database can't be changed.
        """
        return _ID.fullmatch(session_id) is not None and self._documents.delete(session_id)

    def read(self, session_id: str) -> StoredSession | None:
        """
        Read a session.

        Args:
            session_id: The public part of the session.

        Returns:
            The session; None if it was not stored, or was ended.
        """
        data = self._documents.read(session_id)
        try:
            return None if data is None else _decode(data)
        except msgspec.MsgspecError:
            return None
