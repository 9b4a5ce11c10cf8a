"""
The access tokens of a history, each by its digest: in files beside the history, or its database.

A token is shown once, when it is made. Only its SHA-256 is stored: a token is 256 random bits, so
it can't be found from the digest. A revoked token is refused from the next request on; other
receivers of a server's history refuse it within a second.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec import Struct

from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError
from flightlog.receiver.documents import Documents, FileDocuments
from flightlog.receiver.rights import Right
from flightlog.secret_key import SecretKey, hash_token

PREFIX: Final = "flt"

_ID: Final = re.compile(r"[0-9a-f]{8}")
_TOKEN: Final = re.compile(rf"{PREFIX}_([0-9a-f]{{8}})_[0-9a-f]{{64}}")


class AccessToken(Struct, frozen=True, kw_only=True, rename="camel"):
    """A token as it is stored."""

    id: str
    """The public part of the token, 8 hexadecimal digits."""
    name: str
    """The purpose of the token, in its maker's words."""
    rights: frozenset[Right]
    """The rights that the token gives."""
    project_id: str | None = None
    """The only project that the token is valid for; None: the whole history."""
    digest: str
    """The SHA-256 of the token, hexadecimal."""
    created_at: datetime
    """When the token was made, UTC."""
    expires_at: datetime | None
    """When the token ends, UTC; None: never."""

    def has_expired(self) -> bool:
        """Return whether the token's time is over."""
        return self.expires_at is not None and utc_now() >= self.expires_at


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(AccessToken).decode


class TokenDirectory:
    """
    The tokens of one history.

    Args:
        documents: Keeps the tokens.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    @classmethod
    def beside(cls, database: Path | Callable[[], Path]) -> Self:
        """
        Open the tokens of a history in a file.

        Args:
            database: The history's file; the tokens are in a directory beside it. A function, for a
                receiver that serves the histories of several projects: the file of the current one.

        Returns:
            The tokens.
        """

        def find_directory() -> Path:
            path = database() if callable(database) else database
            return path.with_name(f"{path.name}-tokens")

        return cls(FileDocuments(find_directory))

    @property
    def place(self) -> str:
        """Where the tokens are, for messages."""
        return self._documents.place

    def create(
        self,
        rights: Iterable[Right],
        *,
        name: str = "",
        expires_at: datetime | None = None,
        project_id: str | None = None,
    ) -> tuple[str, AccessToken]:
        """
        Make a token.

        Args:
            rights: The rights that the token gives.
            name: The purpose of the token.
            expires_at: When the token ends; None: never.
            project_id: The only project that the token is valid for; None: the whole history.

        Returns:
            The token, which can't be found again later, and its stored form.

        Raises:
            InvalidSettingError: The directory can't be written.
            StoreError: The database can't be changed.
        """
        token_id = secrets.token_hex(4)
        token = f"{PREFIX}_{token_id}_{secrets.token_hex(32)}"
        stored = AccessToken(
            id=token_id,
            name=name,
            rights=frozenset(rights),
            project_id=project_id,
            digest=hash_token(token).hex(),
            created_at=utc_now(),
            expires_at=expires_at,
        )
        with self._naming_place():
            self._documents.add(token_id, _encode(stored), None)
        return token, stored

    def list(self) -> tuple[AccessToken, ...]:
        """
        List the tokens.

        Returns:
            The tokens, the oldest first; also those whose time is over.

        Raises:
            InvalidSettingError: The directory can't be read.
        """
        with self._naming_place():
            names = self._documents.list_names()
        found = (self._read(name) for name in names if _ID.fullmatch(name))
        return tuple(
            sorted((token for token in found if token), key=lambda token: token.created_at)
        )

    def has_any(self) -> bool:
        """
        Check whether tokens exist.

        Returns:
            True also if their time is over.
        """
        return self._documents.has_any()

    def revoke(self, token_id: str) -> bool:
        """
        Revoke a token; every later request with the token is refused.

        Args:
            token_id: The token's public part.

        Returns:
            False if there is no such token.

        Raises:
            InvalidSettingError: The directory can't be written.
            StoreError: The database can't be changed.
        """
        if _ID.fullmatch(token_id) is None:
            return False
        with self._naming_place():
            return self._documents.delete(token_id)

    def find(self, token: str) -> AccessToken | None:
        """
        Find a token that a client has sent.

        Args:
            token: The text that the client sent.

        Returns:
            The token; None if it is unknown, revoked or no longer valid.
        """
        matched = _TOKEN.fullmatch(token)
        stored = None if matched is None else self._read(matched[1])
        if stored is None or not hmac.compare_digest(stored.digest, hash_token(token).hex()):
            return None
        return None if stored.has_expired() else stored

    def find_key(self, token_id: str) -> SecretKey | None:
        """
        Find the key by which the receiver proves that it knows a token.

        Args:
            token_id: The token's public part.

        Returns:
            The key; None if the token is unknown, revoked or no longer valid.
        """
        stored = self._read(token_id) if _ID.fullmatch(token_id) else None
        if stored is None or stored.has_expired():
            return None
        return SecretKey(stored.digest.encode())

    def _read(self, token_id: str) -> AccessToken | None:
        data = self._documents.read(token_id)
        if data is None:
            return None
        try:
            stored = _decode(data)
        except msgspec.MsgspecError:
            return None
        return stored if stored.id == token_id else None

    @contextmanager
    def _naming_place(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InvalidSettingError(
                "token",
                f"can't be read or written in {self._documents.place} ({error.strerror})",
                hint="Run this as the user who owns the history.",
            ) from error
