"""
The sessions that pages have begun: each is a file in a directory beside the database.

A session is valid only while its file is there, so deleting the file ends the session at once, also
from another process. The file has no secret.
"""

from __future__ import annotations

import os
import re
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
        self.path.mkdir(mode=0o700, exist_ok=True)
        for ended in self.list():
            if ended.expires_at <= utc_now():
                self.end(ended.id)
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINK
        with os.fdopen(os.open(self._find_file(session.id), flags, 0o600), "wb") as file:
            file.write(_encode(session))

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
        try:
            names = [path.stem for path in self.path.glob("*.json") if _ID.fullmatch(path.stem)]
        except OSError:
            return ()
        found = filter(None, map(self._read, names))
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
        if not _ID.fullmatch(session_id):
            return False
        try:
            self._find_file(session_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def _find_file(self, session_id: str) -> Path:
        return self.path / f"{session_id}.json"

    def _read(self, session_id: str) -> StoredSession | None:
        try:
            handle = os.open(self._find_file(session_id), os.O_RDONLY | _NO_LINK)
            with os.fdopen(handle, "rb") as file:
                return _decode(file.read(_MAX_BYTES))
        except (OSError, msgspec.MsgspecError):
            return None
