"""`SharedSessions`: the codes and sessions of a server's history, for all of its receivers."""

from __future__ import annotations

import hmac
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.clock import utc_now
from flightlog.receiver.session_files import SessionDirectory, StoredSession
from flightlog.receiver.sessions import CODE_S, REPEAT_S, SESSION_S, InvalidCodeError
from flightlog.secret_key import hash_token
from flightlog.store.documents import SharedDocuments

_CODE: Final = "code"
_PREFIX: Final = "fls"
_ID_CHARACTERS: Final = 8
_NONCE_CHARACTERS: Final = 32


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


class SharedSessions:
    """
    Makes codes and sessions that every receiver of the history accepts; see `Sessions`.

    Args:
        port: The receiver's port, for lists.
        stored: Remembers the sessions.
        documents: Keep the codes.
    """

    def __init__(self, port: int, stored: SessionDirectory, documents: SharedDocuments) -> None:
        self._port = port
        self._stored = stored
        self._documents = documents

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
                port=self._port,
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
