"""
Recognise this installation's clients by their signatures, and prove this receiver to clients.

`flightlog.secret_key` computes the digests. `guard` and `signed_request` call this module.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import Final

from flightlog.receiver.problems import Answer, Headers
from flightlog.receiver.tokens import TokenDirectory
from flightlog.secret_key import (
    CHALLENGE_HEADER,
    PROOF_HEADER,
    RECEIPT_HEADER,
    SIGNATURE_HEADER,
    TOKEN_HEADER,
    SecretKey,
)

SIGNATURE: Final = SIGNATURE_HEADER.lower().encode()
"""The header of a signature, as ASGI writes it."""
CHALLENGE: Final = CHALLENGE_HEADER.lower().encode()
"""The header of a challenge, as ASGI writes it."""

TOKEN: Final = TOKEN_HEADER.lower().encode()
"""The header that names a token beside a challenge, as ASGI writes it."""

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
        tokens: The tokens of the history.
    """

    def __init__(self, installation: SecretKey, tokens: TokenDirectory) -> None:
        self._installation = installation
        self._tokens = tokens

    def answer_challenge(self, challenges: list[bytes], token_ids: list[bytes]) -> Headers:
        """
        Answer a challenge.

        Args:
            challenges: The request's challenges; only a single challenge of 1 to 128 bytes is
                answered.
            token_ids: The public parts of tokens; a client with a token asks for a proof that the
                receiver knows the token.

        Returns:
            The header for the answer; empty if there is no valid challenge.
        """
        if len(challenges) != 1 or not 1 <= len(challenges[0]) <= _MAX_CHALLENGE_BYTES:
            return []
        key: SecretKey | None = self._installation
        if token_ids:
            key = self._tokens.find_key(token_ids[0].decode("latin-1"))
        if key is None or len(token_ids) > 1:
            return []
        proof = key.make_proof(challenges[0].decode("latin-1"))
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
            right = self._installation.make_signature(body)
        else:
            right = await asyncio.to_thread(self._installation.make_signature, body)
        return hmac.compare_digest(right.encode(), signature)

    async def confirm(
        self, answer: Answer, body: bytes | bytearray, key: SecretKey | None = None
    ) -> None:
        """
        Add the receipt to an answer.

        Args:
            answer: The answer to the request.
            body: The request's whole body.
            key: The key of the client's receipts; None for a client that signed the body.
        """
        key = key or self._installation
        if len(body) <= _INLINE_BYTES:
            receipt = key.make_receipt(answer.status, body)
        else:
            receipt = await asyncio.to_thread(key.make_receipt, answer.status, body)
        answer.headers.append((_RECEIPT, receipt.encode()))
