"""
Let pages of the viewer in: one-time codes in links, and the sessions that pages get for the codes.

`flightlog serve` and `flightlog open` print a link with a code in its fragment, which browsers
never send. The page exchanges the code for a session, and keeps the session in its own storage,
which belongs to one origin and port. `session_files` remembers the sessions, so that one can be
ended; where it can't be written, e.g. beside another user's history, sessions end with the
receiver. A page that was reloaded during the exchange can repeat it with the same claim.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from datetime import UTC, datetime
from typing import Final, Protocol

from msgspec import Struct

from flightlog.clock import utc_now
from flightlog.receiver.session_files import SessionDirectory, StoredSession
from flightlog.secret_key import SecretKey

CODE_S: Final = 15 * 60.0
"""How long a code can be exchanged, seconds."""
SESSION_S: Final = 7 * 24 * 3600.0
"""How long a session lasts, seconds."""

REPEAT_S: Final = 120.0
"""How long a page can repeat the exchange of its code, seconds."""

_MAX_CODES: Final = 1000
_PREFIX: Final = "fls"
_ID_CHARACTERS: Final = 8


class InvalidCodeError(Exception):
    """The code is unknown, used or too old."""


class _Code(Struct):
    """A code that was made."""

    end_s: float
    """When it can't be exchanged any more, monotonic seconds."""
    claim: str = ""
    """The random text of the page that exchanged the code."""
    session: str | None = None
    """The session of that page."""


class Sessions(Protocol):
    """Makes codes, and sessions for codes; safe to use from several threads."""

    def make_code(self) -> str:
        """
        Make a code that can be exchanged once.

        Returns:
            The code.
        """
        ...

    def exchange(self, code: str, claim: str = "") -> str:
        """
        Exchange a code for a session.

        Args:
            code: The code that a page sent.
            claim: Random text of the page, with which the page can repeat the exchange.

        Returns:
            The session.

        Raises:
            InvalidCodeError: The code is unknown, used or too old.
        """
        ...

    def begin(self) -> str:
        """
        Begin a session.

        Returns:
            The text by which requests show the session.
        """
        ...

    def end(self, session_id: str) -> bool:
        """
        End a session.

        Args:
            session_id: The public part of the session.

        Returns:
            False if there is no such session.

        Raises:
            OSError: The session can't be ended.
        """
        ...

    def find(self, session: str) -> str | None:
        """
        Find a session.

        Args:
            session: The text that a client sent.

        Returns:
            The public part of the session, 8 hexadecimal digits; None if this installation did not
            begin the session for this port, or the session has ended or was ended.
        """
        ...


class LocalSessions:
    """
    Sessions that are signed for one machine and one port; see `Sessions`.

    Args:
        installation: Signs the sessions.
        port: The receiver's port; the sessions of another port are not valid here.
        stored: Remembers the sessions.
    """

    def __init__(self, installation: SecretKey, port: int, stored: SessionDirectory) -> None:
        self._installation = installation
        self._port = port
        self._stored = stored
        self._kept: set[str] = set()
        self._lock = threading.Lock()
        # The oldest code first.
        self._codes: dict[str, _Code] = {}

    def make_code(self) -> str:
        """Make a code that can be exchanged once; see `Sessions.make_code`."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            now = time.monotonic()
            self._codes = {name: known for name, known in self._codes.items() if known.end_s > now}
            while len(self._codes) >= _MAX_CODES:
                del self._codes[next(iter(self._codes))]
            self._codes[code] = _Code(now + CODE_S)
        return code

    def exchange(self, code: str, claim: str = "") -> str:
        """Exchange a code for a session; see `Sessions.exchange`."""
        with self._lock:
            known, now = self._codes.get(code), time.monotonic()
            if known is None or now >= known.end_s:
                raise InvalidCodeError
            if known.session is None:
                known.session, known.claim = self.begin(), claim
                known.end_s = min(known.end_s, now + REPEAT_S)
            elif not claim or not hmac.compare_digest(known.claim.encode(), claim.encode()):
                raise InvalidCodeError
            return known.session

    def begin(self) -> str:
        """Begin a session; see `Sessions.begin`."""
        expiry, nonce = str(int(time.time() + SESSION_S)), secrets.token_hex(16)
        signature = self._installation.make_session(self._port, expiry, nonce)
        session_id = nonce[:_ID_CHARACTERS]
        made = StoredSession(
            id=session_id,
            port=self._port,
            created_at=utc_now(),
            expires_at=datetime.fromtimestamp(int(expiry), UTC),
        )
        try:
            self._stored.add(made)
        except OSError:
            self._kept.add(session_id)
        return f"{_PREFIX}_{expiry}_{nonce}_{signature}"

    def end(self, session_id: str) -> bool:
        """End a session; see `Sessions.end`."""
        if session_id in self._kept:
            self._kept.remove(session_id)
            return True
        return self._stored.end(session_id)

    def find(self, session: str) -> str | None:
        """Find a session; see `Sessions.find`."""
        prefix, _, rest = session.partition("_")
        expiry, _, rest = rest.partition("_")
        nonce, _, signature = rest.partition("_")
        if prefix != _PREFIX:
            return None
        right = self._installation.make_session(self._port, expiry, nonce)
        if not hmac.compare_digest(right.encode(), signature.encode()):
            return None
        session_id = nonce[:_ID_CHARACTERS]
        is_there = session_id in self._kept or self._stored.has(session_id)
        return session_id if is_there and time.time() < int(expiry) else None
