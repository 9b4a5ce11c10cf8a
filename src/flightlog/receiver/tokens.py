"""
The access tokens of a history: each is a file of its digest in a directory beside the database.

`shared_access` keeps those of a server's history in its database.

A token is shown once, when it is made. Only its SHA-256 is stored: a token is 256 random bits, so
it can't be found from the digest. One file for each token makes creation and revocation atomic,
and a revoked token is refused from the next request on.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError
from flightlog.receiver.rights import Right
from flightlog.secret_key import SecretKey, hash_token

PREFIX: Final = "flt"

_ID: Final = re.compile(r"[0-9a-f]{8}")
_TOKEN: Final = re.compile(rf"{PREFIX}_([0-9a-f]{{8}})_[0-9a-f]{{64}}")
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_MAX_BYTES: Final = 4096


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
        database: The history's file; the tokens are in a directory beside it. A function, for a
            receiver that serves the histories of several projects: the file of the current one.
    """

    def __init__(self, database: Path | Callable[[], Path]) -> None:
        self._find_database = database if callable(database) else lambda: database

    @property
    def path(self) -> Path:
        """The directory; only its owner can read it."""
        database = self._find_database()
        return database.with_name(f"{database.name}-tokens")

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
        self._write(token_id, _encode(stored))
        return token, stored

    def list(self) -> tuple[AccessToken, ...]:
        """
        List the tokens.

        Returns:
            The tokens, the oldest first; also those whose time is over.

        Raises:
            InvalidSettingError: The directory can't be read.
        """
        names = self._list_names()
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
        try:
            with os.scandir(self.path) as entries:
                return any(entry.name.endswith(".json") for entry in entries)
        except OSError:
            return False

    def revoke(self, token_id: str) -> bool:
        """
        Revoke a token; every later request with the token is refused.

        Args:
            token_id: The token's public part.

        Returns:
            False if there is no such token.

        Raises:
            InvalidSettingError: The directory can't be written.
        """
        return _ID.fullmatch(token_id) is not None and self._delete(token_id)

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

    def _find_file(self, token_id: str) -> Path:
        return self.path / f"{token_id}.json"

    def _read(self, token_id: str) -> AccessToken | None:
        data = self._load(token_id)
        if data is None:
            return None
        try:
            stored = _decode(data)
        except msgspec.MsgspecError:
            return None
        return stored if stored.id == token_id else None

    def _write(self, token_id: str, data: bytes) -> None:
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            draft = self.path / f".{token_id}"
            with os.fdopen(
                os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb"
            ) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self._find_file(token_id))
        except OSError as error:
            raise _make_error(self.path, error) from error

    def _list_names(self) -> Sequence[str]:
        try:
            return [path.stem for path in self.path.glob("*.json")] if self.path.exists() else []
        except OSError as error:
            raise _make_error(self.path, error) from error

    def _delete(self, token_id: str) -> bool:
        try:
            self._find_file(token_id).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _make_error(self.path, error) from error
        return True

    def _load(self, token_id: str) -> bytes | None:
        try:
            descriptor = os.open(self._find_file(token_id), os.O_RDONLY | _NO_LINK)
            with os.fdopen(descriptor, "rb") as file:
                return file.read(_MAX_BYTES) if _is_private(os.fstat(descriptor)) else None
        except OSError:
            return None


def _is_private(found: os.stat_result) -> bool:
    # A file that another user can write would let this user in.
    return os.name == "nt" or (found.st_uid == os.geteuid() and not found.st_mode & 0o077)


def _make_error(path: Path, error: OSError) -> InvalidSettingError:
    return InvalidSettingError(
        "token",
        f"can't be read or written in {path} ({error.strerror})",
        hint="Run this as the user who owns the history.",
    )
