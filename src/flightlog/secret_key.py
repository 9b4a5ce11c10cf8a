"""
The installation's secret key, and the digests that are computed with the key.

A process that has the key belongs to the installation. The processes of one user on one machine
share the key file; other processes get the key from `FLIGHTLOG_KEY`. `delivery` and `receiver`
exchange the digests.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flightlog.errors import InvalidSettingError

KEY_VARIABLE: Final = "FLIGHTLOG_KEY"
CHALLENGE_HEADER: Final = "Flightlog-Challenge"
PROOF_HEADER: Final = "Flightlog-Proof"
SIGNATURE_HEADER: Final = "Flightlog-Signature"
RECEIPT_HEADER: Final = "Flightlog-Receipt"

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

    def proof(self, challenge: str) -> str:
        """
        Answer a challenge, to prove that the sender is a receiver of this installation.

        Args:
            challenge: The client's challenge.

        Returns:
            The digest as hexadecimal text.
        """
        return self._digest(b"proof", challenge.encode()).hexdigest()

    def signature(self, body: bytes | bytearray) -> str:
        """
        Sign a request's body as a client of this installation.

        Args:
            body: The request's body.

        Returns:
            The digest as hexadecimal text.
        """
        return self._digest(b"signature", hashlib.sha256(body).digest()).hexdigest()

    def receipt(self, status: int, body: bytes | bytearray) -> str:
        """
        Confirm, as the receiver, the outcome of a request.

        Args:
            status: The HTTP status of the answer.
            body: The request's body, as received.

        Returns:
            The digest as hexadecimal text.
        """
        digest = hashlib.sha256(body).digest()
        return self._digest(b"receipt", b"%d" % status, digest).hexdigest()

    def _digest(self, purpose: bytes, *parts: bytes) -> hmac.HMAC:
        # Each purpose has its own first word, so that a digest for one purpose is invalid for
        # every other purpose.
        return hmac.new(self._key, b"\n".join((purpose, *parts)), hashlib.sha256)


def data_directory() -> Path:
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


def key_file() -> Path:
    """
    Return the path of the file that keeps the installation's secret; only its owner can read it.

    Returns:
        The path.

    Raises:
        InvalidSettingError: This user has no home directory.
    """
    return data_directory() / "installation.key"


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
    path = key_file()
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
