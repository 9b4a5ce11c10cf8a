"""
Open payloads to read parts of them. Keep the last large payload open for a while.

Parsing a large payload takes part of a second and much memory, and the viewer usually requests
another part soon. Large payloads are therefore opened one at a time, and the last one stays open
until it was idle for `KEPT_S`. A small payload is opened for each request, in one read transaction
with its digest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from flightlog.errors import NotFoundError
from flightlog.payload import Document
from flightlog.receiver.confinement import confine
from flightlog.receiver.histories import HistoryProvider
from flightlog.store.outline import PayloadKind
from flightlog.store.results import PayloadContent

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
        histories: The histories.
    """

    def __init__(self, histories: HistoryProvider) -> None:
        self._histories = histories
        self._turn = asyncio.Lock()
        self._kept: OpenPayload | None = None
        self._uses = 0

    async def apply(
        self,
        place: PayloadPlace,
        act: Callable[[OpenPayload], Result],
        project_id: str | None = None,
    ) -> Result:
        """
        Call a function on a payload, in a thread.

        Args:
            place: The payload.
            act: The function.
            project_id: Only a payload of this project; None: of any.

        Returns:
            The function's result.

        Raises:
            NotFoundError: There is no such payload.
        """
        found = await asyncio.to_thread(self._read, place, project_id, LARGE_BYTES)
        if found.data is not None:
            return await asyncio.to_thread(lambda: act(_open(found)))
        async with self._turn:
            try:
                return await asyncio.to_thread(self._act_on_large, place, project_id, found, act)
            finally:
                self._uses += 1
                loop = asyncio.get_running_loop()
                loop.call_later(KEPT_S, self._forget, self._uses)

    def _read(
        self, place: PayloadPlace, project_id: str | None, max_bytes: int | None = None
    ) -> PayloadContent:
        with self._histories.get_current().lend() as logger:
            history = logger if project_id is None else confine(logger, project_id)
            found = history.reader.get_payload(*place, max_bytes=max_bytes)
        if found is None:
            raise _make_not_found_error(place)
        return found

    def _act_on_large(
        self,
        place: PayloadPlace,
        project_id: str | None,
        found: PayloadContent,
        act: Callable[[OpenPayload], Result],
    ) -> Result:
        if self._kept is None or self._kept.digest != found.digest:
            # Release the old payload first, so that there are never two in memory.
            self._kept = None
            self._kept = _open(self._read(place, project_id))
        return act(self._kept)

    def _forget(self, uses: int) -> None:
        if uses == self._uses and not self._turn.locked():
            self._kept = None


class ProjectPayloads(NamedTuple):
    """The payloads that one client may open."""

    payloads: OpenPayloads
    project_id: str | None
    """The only project that the client may see; None: all."""

    async def apply(self, place: PayloadPlace, act: Callable[[OpenPayload], Result]) -> Result:
        """Call a function on a payload; see `OpenPayloads.apply`."""
        return await self.payloads.apply(place, act, self.project_id)


def _open(found: PayloadContent) -> OpenPayload:
    assert found.data is not None, "the payload was read without a limit, or is within it"
    text = bytes(found.data)
    return OpenPayload(found.digest, text, Document(text))


def _make_not_found_error(place: PayloadPlace) -> NotFoundError:
    where = "data" if place.sequence is None else f"at {place.sequence}"
    if place.node_id is not None:
        where += f" of node {place.node_id!r}"
    return NotFoundError(place.execution_id, what=f"{place.kind} {where} of execution")
