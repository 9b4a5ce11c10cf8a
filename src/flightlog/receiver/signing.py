"""
Recognise this installation's clients by their signatures, and prove this receiver to clients.

`flightlog.secret_key` computes the digests. `guard` and `signed_request` call this module.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Final

from flightlog.receiver.problems import Answer, Headers
from flightlog.secret_key import (
    CHALLENGE_HEADER,
    PROOF_HEADER,
    RECEIPT_HEADER,
    SIGNATURE_HEADER,
    SecretKey,
)

SIGNATURE: Final = SIGNATURE_HEADER.lower().encode()
"""The header of a signature, as ASGI writes it."""
CHALLENGE: Final = CHALLENGE_HEADER.lower().encode()
"""The header of a challenge, as ASGI writes it."""

_PROOF: Final = PROOF_HEADER.lower().encode()
_RECEIPT: Final = RECEIPT_HEADER.lower().encode()
_INLINE_BYTES: Final = 64 * 1024
_MAX_CHALLENGE_BYTES: Final = 128


class Signer:
    """
    Checks signatures, answers challenges and writes receipts.

    A thread hashes large bodies, so that they don't block the event loop.

    Args:
        installation: The secret that this installation's processes share.
    """

    def __init__(self, installation: SecretKey) -> None:
        self._installation = installation

    def proof(self, challenges: list[bytes]) -> Headers:
        """
        Answer a challenge.

        Args:
            challenges: The request's challenges; only a single challenge of 1 to 128 bytes is
                answered.

        Returns:
            The header for the answer; empty if there is no valid challenge.
        """
        if len(challenges) != 1 or not 1 <= len(challenges[0]) <= _MAX_CHALLENGE_BYTES:
            return []
        proof = self._installation.proof(challenges[0].decode("latin-1"))
        return [(_PROOF, proof.encode())]

    async def is_ours(self, body: bytes | bytearray, signature: bytes) -> bool:
        """
        Check whether a client of this installation signed a body.

        Args:
            body: The request's whole body.
            signature: The request's signature.

        Returns:
            True if the signature is right.
        """
        if len(body) <= _INLINE_BYTES:
            right = self._installation.signature(body)
        else:
            right = await asyncio.to_thread(self._installation.signature, body)
        return hmac.compare_digest(right.encode(), signature)

    async def confirm(self, answer: Answer, body: bytes | bytearray) -> None:
        """
        Add the receipt to an answer.

        Args:
            answer: The answer to the request.
            body: The request's whole body, whose signature was right.
        """
        if len(body) <= _INLINE_BYTES:
            receipt = self._installation.receipt(answer.status, body)
        else:
            receipt = await asyncio.to_thread(self._installation.receipt, answer.status, body)
        answer.headers.append((_RECEIPT, receipt.encode()))
