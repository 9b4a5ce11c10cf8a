"""
The sessions that pages have begun: each is a file in a directory beside the database.

A session is valid only while its file is there, so deleting the file ends the session at once, also
from another process. The file has no secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.clock import utc_now

_ID: Final = re.compile(r"[0-9a-f]{8}")
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_MAX_BYTES: Final = 4096


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
        database: The history's file.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}-sessions")
        """The directory; only its owner can read it."""

    def add(self, session: StoredSession) -> None:
        """
        Store a session, and remove those that have ended.

        Args:
            session: The session.

        Raises:
            OSError: The directory can't be written.
        """
        self._write(session, _encode(session))

    def has(self, session_id: str) -> bool:
        """
        Check whether a session was stored and not ended.

        Args:
            session_id: The public part of the session.

        Returns:
            Whether its file is there.
        """
        return self._find_file(session_id).is_file()

    def list(self) -> tuple[StoredSession, ...]:
        """
        List the sessions.

        Returns:
            The sessions, the oldest first; also those whose time is over.
        """
        found = filter(None, map(self.read, filter(_ID.fullmatch, self._list_names())))
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
        """
        return _ID.fullmatch(session_id) is not None and self._delete(session_id)

    def read(self, session_id: str) -> StoredSession | None:
        """
        Read a session.

        Args:
            session_id: The public part of the session.

        Returns:
            The session; None if it was not stored, or was ended.
        """
        data = self._load(session_id)
        try:
            return None if data is None else _decode(data)
        except msgspec.MsgspecError:
            return None

    def _find_file(self, session_id: str) -> Path:
        return self.path / f"{session_id}.json"

    def _write(self, session: StoredSession, data: bytes) -> None:
        self.path.mkdir(mode=0o700, exist_ok=True)
        for ended in self.list():
            if ended.expires_at <= utc_now():
                self.end(ended.id)
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINK
        with os.fdopen(os.open(self._find_file(session.id), flags, 0o600), "wb") as file:
            file.write(data)

    def _list_names(self) -> Sequence[str]:
        try:
            return [path.stem for path in self.path.glob("*.json")]
        except OSError:
            return []

    def _delete(self, session_id: str) -> bool:
        try:
            self._find_file(session_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def _load(self, session_id: str) -> bytes | None:
        try:
            handle = os.open(self._find_file(session_id), os.O_RDONLY | _NO_LINK)
            with os.fdopen(handle, "rb") as file:
                return file.read(_MAX_BYTES)
        except OSError:
            return None
