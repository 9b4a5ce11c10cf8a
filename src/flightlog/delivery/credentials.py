"""
Proves this process to a receiver, and the receiver to this process: by the key, or by a token.

With a token, the receiver first proves that it knows the token's digest; only then the token is
sent, and only over an encrypted connection or to this machine. The receiver's receipts are keyed
with the token.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping

from flightlog.errors import InvalidSettingError
from flightlog.secret_key import (
    CHALLENGE_HEADER,
    SIGNATURE_HEADER,
    TOKEN_HEADER,
    TOKEN_VARIABLE,
    SecretKey,
    hash_token,
)


class Credentials:
    """
    The secrets that a process shares with its receiver.

    Args:
        installation: The key of the receiver's installation.
        token: A token of the receiver, which is used instead of the key.
    """

    def __init__(self, installation: SecretKey, token: str | None = None) -> None:
        self._token = token
        self._proving = (
            installation if token is None else SecretKey(hash_token(token).hex().encode())
        )
        self._confirming = installation if token is None else SecretKey(token.encode())

    @property
    def has_token(self) -> bool:
        """Whether a token is used, which must not be sent in the clear to another machine."""
        return self._token is not None

    def challenge(self, challenge: str) -> dict[str, str]:
        """
        Write the headers that ask the receiver for a proof.

        Args:
            challenge: Random text.

        Returns:
            The headers; of a token only the public part.
        """
        if self._token is None:
            return {CHALLENGE_HEADER: challenge}
        return {CHALLENGE_HEADER: challenge, TOKEN_HEADER: self._token.split("_")[1]}

    def authorize(self, body: bytes) -> dict[str, str]:
        """
        Write the headers by which the receiver recognises a request.

        Args:
            body: The request's body.

        Returns:
            The signature, or the token.
        """
        if self._token is None:
            return {SIGNATURE_HEADER: self._proving.make_signature(body)}
        return {"Authorization": f"Bearer {self._token}"}

    def is_proof(self, proof: str, challenge: str) -> bool:
        """
        Check the answer to a challenge.

        Args:
            proof: The answer.
            challenge: The challenge.

        Returns:
            Whether the receiver has the key, or knows the token.
        """
        return _is_equal(proof, self._proving.make_proof(challenge))

    def is_receipt(self, receipt: str, status: int, body: bytes) -> bool:
        """
        Check the receipt of a request.

        Args:
            receipt: The receipt.
            status: The status of the answer.
            body: The body of the request.

        Returns:
            Whether the receiver confirmed the request.
        """
        return _is_equal(receipt, self._confirming.make_receipt(status, body))


def read_token(environ: Mapping[str, str] = os.environ) -> str | None:
    """
    Read the token of this process from `FLIGHTLOG_TOKEN`.

    Args:
        environ: The environment variables.

    Returns:
        The token; None where there is none.

    Raises:
        InvalidSettingError: The text is no token; the error doesn't contain the text.
    """
    token = environ.get(TOKEN_VARIABLE, "").strip()
    if token and not re.fullmatch(r"flt_[0-9a-f]{8}_[0-9a-f]{64}", token):
        raise InvalidSettingError(
            TOKEN_VARIABLE,
            "is no token",
            hint="Use the text that `flightlog token create ingest` prints on the receiver's "
            "machine.",
        )
    return token or None


def _is_equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("latin-1", "replace"), expected.encode())
