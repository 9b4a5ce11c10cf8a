"""
The installation's secret key, and the digests that are computed with the key.

A process that has the key belongs to the installation. The processes of one user on one machine
share the key file; other processes get the key from `FLIGHTLOG_KEY`. `delivery` and `receiver`
exchange the digests.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flightlog.errors import InvalidSettingError
from flightlog.fork_lock import fork_lock

if TYPE_CHECKING:
    from hashlib import _Hash as HASH
    from hmac import HMAC

KEY_VARIABLE: Final = "FLIGHTLOG_KEY"
TOKEN_VARIABLE: Final = "FLIGHTLOG_TOKEN"  # noqa: S105 - a name
CHALLENGE_HEADER: Final = "Flightlog-Challenge"
PROOF_HEADER: Final = "Flightlog-Proof"
SIGNATURE_HEADER: Final = "Flightlog-Signature"
RECEIPT_HEADER: Final = "Flightlog-Receipt"
TOKEN_HEADER: Final = "Flightlog-Token"  # noqa: S105 - a name
"""The header that names, beside a challenge, the token whose digest the receiver shall prove."""
ACCESS_SCHEME: Final = "Flightlog"
"""The scheme of the `Authorization` header of this installation's own clients."""

_KEY_BYTES: Final = 32
_MIN_KEY_CHARACTERS: Final = 16


class SecretKey:
    """
    Makes and checks the digests that only this installation can make.

    Args:
        key: The secret, at least 16 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @property
    def redaction_key(self) -> bytes:
        """The key of the hashes in the marks that stand for removed secrets."""
        return self._digest(b"redaction").digest()

    def make_proof(self, challenge: str) -> str:
        """
        Answer a challenge, to prove that the sender is a receiver of this installation.

        Args:
            challenge: The client's challenge.

        Returns:
            The digest as hexadecimal text.
        """
        return self._digest(b"proof", challenge.encode()).hexdigest()

    def make_signature(self, body: bytes | bytearray) -> str:
        """
        Sign a request's body as a client of this installation.

        Args:
            body: The request's body.

        Returns:
            The digest as hexadecimal text.
        """
        return self._digest(b"signature", _hash(body)).hexdigest()

    def make_receipt(self, status: int, body: bytes | bytearray) -> str:
        """
        Confirm, as the receiver, the outcome of a request.

        Args:
            status: The HTTP status of the answer.
            body: The request's body, as received.

        Returns:
            The digest as hexadecimal text.
        """
        return self._digest(b"receipt", b"%d" % status, _hash(body)).hexdigest()

    def make_access(self, port: int, method: str, target: str, moment: str, nonce: str) -> str:
        """
        Prove, as a client of this installation, the right to one request.

        Args:
            port: The receiver's port, so that a program on another port can't pass the proof on.
            method: The request's method.
            target: The request's path and query, as sent.
            moment: The time of the request, seconds since 1970.
            nonce: Text that no other request has.

        Returns:
            The digest as hexadecimal text.
        """
        parts = (str(port), method, target, moment, nonce)
        return self._digest(b"access", *(part.encode() for part in parts)).hexdigest()

    def make_session(self, port: int, expiry: str, nonce: str) -> str:
        """
        Sign the session of a page of the viewer.

        Args:
            port: The port of the receiver that begins the session.
            expiry: When the session ends, seconds since 1970.
            nonce: Text that no other session has.

        Returns:
            The digest as hexadecimal text.
        """
        parts = (str(port), expiry, nonce)
        return self._digest(b"session", *(part.encode() for part in parts)).hexdigest()

    def _digest(self, purpose: bytes, *parts: bytes) -> HMAC:
        with fork_lock: new_hmac = _import_hmac()  # noqa: E701  # fmt: skip
        # Each purpose has its own first word, so that a digest for one purpose is invalid for
        # every other purpose.
        return new_hmac(self._key, b"\n".join((purpose, *parts)), "sha256")


def _import_hmac() -> Callable[[bytes, bytes, str], HMAC]:
    # Importing Flightlog must not cost what only digests need: these modules load OpenSSL.
    from hmac import new  # noqa: PLC0415

    return new


def _hash(data: bytes | bytearray) -> bytes:
    with fork_lock: sha256 = _import_sha256()  # noqa: E701  # fmt: skip
    return sha256(data).digest()


def _import_sha256() -> Callable[[bytes | bytearray], HASH]:
    from hashlib import sha256  # noqa: PLC0415 - as in `_import_hmac`

    return sha256


def write_access_header(installation: SecretKey, port: int, method: str, target: str) -> str:
    """
    Write the `Authorization` header by which a client of this installation proves its right.

    Args:
        installation: The installation's secret.
        port: The port to which the request is sent.
        method: The request's method.
        target: The request's path and query, as sent.

    Returns:
        The value of the header; it is valid once, for a minute.
    """
    moment, nonce = str(int(time.time())), os.urandom(12).hex()
    digest = installation.make_access(port, method, target, moment, nonce)
    return f"{ACCESS_SCHEME} {moment}.{nonce}.{digest}"


def hash_token(token: str) -> bytes:
    """
    Hash an access token, as it is stored.

    Args:
        token: The token.

    Returns:
        The SHA-256.
    """
    return _hash(token.encode())


def find_data_directory() -> Path:
    """
    Return the user's data directory of Flightlog.

    Returns:
        The directory, e.g. `~/.local/share/flightlog`.

    Raises:
        InvalidSettingError: This user has no home directory.
    """
    import platformdirs  # noqa: PLC0415 - only where nothing else is named

    try:
        return platformdirs.user_data_path("flightlog", appauthor=False)
    except RuntimeError as error:
        raise InvalidSettingError(
            "HOME", "isn't set, and this user has no home directory", hint="Set HOME."
        ) from error


def find_key_file() -> Path:
    """
    Return the path of the file that keeps the installation's secret; only its owner can read it.

    Returns:
        The path.

    Raises:
        InvalidSettingError: This user has no home directory.
    """
    return find_data_directory() / "installation.key"


def load_secret_key(environ: Mapping[str, str] = os.environ) -> SecretKey:
    """
    Read the installation's secret from `FLIGHTLOG_KEY`, otherwise from the key file.

    The key file is made at its first use.

    Args:
        environ: The environment variables.

    Returns:
        The secret.

    Raises:
        InvalidSettingError: `FLIGHTLOG_KEY` is too short, or the file can't be read or made.
    """
    if text := environ.get(KEY_VARIABLE, "").strip():
        if len(text) < _MIN_KEY_CHARACTERS:
            raise InvalidSettingError(
                KEY_VARIABLE,
                f"has {len(text)} characters, fewer than {_MIN_KEY_CHARACTERS}",
                hint="Make one with `openssl rand -hex 32`; use it on each of the machines.",
            )
        # Python represents bytes that are not UTF-8 in the environment as lone surrogates; this
        # turns the surrogates back into the original bytes.
        return SecretKey(text.encode(errors="surrogateescape"))
    path = find_key_file()
    try:
        return SecretKey(_read_or_make(path))
    except OSError as error:
        raise InvalidSettingError(
            "installation.key",
            f"can't be read or made at {path} ({error.strerror})",
            hint=f"Let this user write there, or set {KEY_VARIABLE}.",
        ) from error


def _read_or_make(path: Path) -> bytes:
    for _ in range(2):
        with contextlib.suppress(FileNotFoundError):
            key = bytes.fromhex(path.read_text(encoding="ascii", errors="replace").strip() or "-")
            path.chmod(0o600)
            return key
        _make(path)
    raise InvalidSettingError(
        "installation.key", f"vanished from {path}", hint="Keep other programs from deleting it."
    )


def _make(path: Path) -> None:
    # The finished file is linked into place, so that all processes that start at the same time
    # read one complete key.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(os.urandom(_KEY_BYTES).hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
