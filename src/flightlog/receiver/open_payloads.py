"""
Open payloads to read parts of them. Keep the last large payload open for a while.

Parsing a large payload takes part of a second and much memory, and the viewer usually requests
another part soon. Large payloads are therefore opened one at a time, and the last one stays open
until it was idle for `KEPT_S`. Small payloads are opened for each request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from flightlog.errors import NotFoundError
from flightlog.logger import ExecutionLogger
from flightlog.payload import Document
from flightlog.store.outline import PayloadKey, PayloadKind

LARGE_BYTES: Final = 1 << 20
KEPT_S: Final = 60.0

Result = TypeVar("Result")


class PayloadPlace(NamedTuple):
    """Identifies one payload."""

    execution_id: str
    kind: PayloadKind
    sequence: int | None = None
    node_id: str | None = None
    """The node, if several node executions have this `sequence`; None means the first one."""


class OpenPayload(NamedTuple):
    """An open payload: its bytes, and the parsed document."""

    digest: str
    text: bytes
    document: Document


class OpenPayloads:
    """
    Opens payloads; used within one event loop.

    Args:
        logger: The history.
    """

    def __init__(self, logger: ExecutionLogger) -> None:
        self._logger = logger
        self._turn = asyncio.Lock()
        self._kept: OpenPayload | None = None
        self._uses = 0

    async def look(self, place: PayloadPlace, act: Callable[[OpenPayload], Result]) -> Result:
        """
        Call a function on a payload, in a thread.

        Args:
            place: The payload.
            act: The function.

        Returns:
            The function's result.

        Raises:
            NotFoundError: There is no such payload.
        """
        key = await asyncio.to_thread(self._key, place)
        if key.bytes <= LARGE_BYTES:
            return await asyncio.to_thread(self._look, place, act)
        async with self._turn:
            try:
                return await asyncio.to_thread(self._look_again, place, key, act)
            finally:
                self._uses += 1
                loop = asyncio.get_running_loop()
                loop.call_later(KEPT_S, self._forget, self._uses)

    def _key(self, place: PayloadPlace) -> PayloadKey:
        key = self._logger.views.payload_key(*place)
        if key is None:
            raise _absent(place)
        return key

    def _look(self, place: PayloadPlace, act: Callable[[OpenPayload], Result]) -> Result:
        return act(self._open(place))

    def _look_again(
        self, place: PayloadPlace, key: PayloadKey, act: Callable[[OpenPayload], Result]
    ) -> Result:
        if self._kept is None or self._kept.digest != key.digest:
            # Release the old payload first, so that there are never two in memory.
            self._kept = None
            self._kept = self._open(place)
        return act(self._kept)

    def _open(self, place: PayloadPlace) -> OpenPayload:
        while True:
            before = self._key(place)
            payload = self._logger.get_payload(*place)
            # A record that arrived in between may have replaced the payload.
            if payload is not None and self._key(place) == before:
                text = bytes(payload)
                return OpenPayload(before.digest, text, Document(text))

    def _forget(self, uses: int) -> None:
        if uses == self._uses and not self._turn.locked():
            self._kept = None


def _absent(place: PayloadPlace) -> NotFoundError:
    where = "data" if place.sequence is None else f"at {place.sequence}"
    if place.node_id is not None:
        where += f" of node {place.node_id!r}"
    return NotFoundError(place.execution_id, what=f"{place.kind} {where} of execution")
