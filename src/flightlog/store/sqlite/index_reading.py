"""
Read executions that wait to be indexed, and make their entries for the search index.

Several executions are read at once, because a statement for each of them would take as long as
making their terms.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import apsw

from flightlog.errors import FlightlogError
from flightlog.store.index_content import MAX_BYTES, TermWriter
from flightlog.store.model_calls import SIGN, StoredCall, find_calls
from flightlog.store.results import IndexContent
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.index_lookup import read_content
from flightlog.store.sqlite.model_calls import SqliteCalls
from flightlog.store.sqlite.payloads import StoredValue
from flightlog.store.sqlite.queries import fetch_all, load_queries

QUIET_S: Final = 60
"""A running execution is indexed when it has not changed for this time, seconds."""
MOST_EXECUTIONS: Final = 200
"""The most executions of a portion."""
_READ_S: Final = 0.2
"""A portion is read within about this time, because no read transaction may be long."""
PORTION_BYTES: Final = 512 * 2**10
"""The size of the entries of a portion."""
_ENTRY_BYTES: Final = 512
"""An entry takes as long as so many bytes of terms, besides its own terms."""
_FIRST_ENTRY_BYTES: Final = 16 * 2**10
"""The assumed bytes of an entry, before any is known."""
_GROUP: Final = 16
"""The most executions that are read at once."""
_GROUP_ROWS: Final = 5_000
"""The most node executions that are read at once, besides those of one execution."""

_queries: Final = load_queries("indexing.sql")
_log: Final = logging.getLogger(__name__)


Table: TypeAlias = Literal["parts", "words"]
"""A table of the index, in the order in which they are written."""


class Entry(NamedTuple):
    """An execution's content as it was read."""

    ordinal: int
    version: int
    words: str | None
    """None: the execution was deleted."""
    parts: str
    calls: tuple[StoredCall, ...] = ()

    def measure(self, table: Table) -> int:
        """
        Measure what the entry writes to a table.

        Args:
            table: The table.

        Returns:
            The bytes of terms that take as long to write.
        """
        return _ENTRY_BYTES + len((self.words if table == "words" else self.parts) or "")


class _Pending(NamedTuple):
    """An execution that waits to be indexed."""

    ordinal: int
    version: int
    id: str | None
    """None: the execution was deleted."""


class _Values:
    """The distinct texts and payloads of an execution, in their order."""

    def __init__(self, texts: Iterable[str | None], payloads: Iterable[StoredValue]) -> None:
        self.texts: dict[str | None, None] = dict.fromkeys(texts)
        self.payloads: dict[StoredValue, None] = dict.fromkeys(payloads)

    def list_ids(self) -> list[int]:
        """List the ids of the payloads that are stored apart."""
        return [value for value in self.payloads if isinstance(value, int)]


class EntryBatch(NamedTuple):
    """Some of the executions that wait to be indexed."""

    entries: list[Entry]
    """The entries, the newest first."""
    more: bool
    """Whether others wait."""


class EntryReader:
    """Reads executions that wait to be indexed; used by one thread at a time."""

    def __init__(self) -> None:
        self._entry_bytes = _FIRST_ENTRY_BYTES
        self._writer: TermWriter | None = None
        self._content: IndexContent = "off"

    def read(
        self,
        connection: apsw.Connection,
        codec: Codec,
        now_s: float,
        most_bytes: int = PORTION_BYTES,
        known: Collection[tuple[int, int]] = (),
    ) -> EntryBatch:
        """
        Read the next executions.

        Args:
            connection: A connection within a read transaction.
            codec: Decompresses payloads.
            now_s: The current time, seconds since 1970.
            most_bytes: The size of the entries after which the portion ends.
            known: The ordinals and versions of executions that have been read before.

        Returns:
            The portion; empty when no execution waits.
        """
        content = read_content(connection)
        if self._writer is None or content != self._content:
            self._writer, self._content = TermWriter(is_full=content == "full"), content
        bound = (int(now_s) - QUIET_S, MOST_EXECUTIONS + len(known))
        rows = fetch_all(connection, _queries["next_pending"], bound)
        waiting = [_Pending(*row) for row in rows if row[:2] not in known][:MOST_EXECUTIONS]
        end = time.perf_counter() + _READ_S
        entries: list[Entry] = []
        left = most_bytes
        while left > 0 and len(entries) < len(waiting) and time.perf_counter() < end:
            most = max(1, min(left // self._entry_bytes, _GROUP))
            group = waiting[len(entries) : len(entries) + most]
            some = _read_readable(connection, codec, self._writer, group)
            entries += some
            size = sum(entry.measure("words") + entry.measure("parts") for entry in some)
            left -= size
            self._entry_bytes = size // len(some)
        return EntryBatch(entries, len(entries) < len(waiting) or len(rows) == bound[1])


def _read_readable(
    connection: apsw.Connection, codec: Codec, writer: TermWriter, group: Sequence[_Pending]
) -> list[Entry]:
    """Read the first executions of a group; one that can't be read must not stop the others."""
    try:
        return _read_group(connection, codec, writer, group)
    except (apsw.Error, FlightlogError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - content from outside, which no list of errors covers
        first = group[0]
        if len(group) > 1:
            return _read_readable(connection, codec, writer, [first])
        _log.exception("The execution %r can't be indexed, so searches read it.", first.id)
        writer.add_oversized()
        words, parts = writer.take()
        return [Entry(first.ordinal, first.version, words, parts)]


def _read_group(
    connection: apsw.Connection, codec: Codec, writer: TermWriter, group: Sequence[_Pending]
) -> list[Entry]:
    """Read the first executions of a group, at least one."""
    by_id = _read_values(connection, [each.id for each in group if each.id is not None])
    data = _read_payloads(connection, codec, by_id.values())
    entries = []
    for execution in group:
        words, parts = None, ""
        calls: tuple[StoredCall, ...] = ()
        if execution.id is not None:
            values = by_id.get(execution.id)
            if values is None:
                # The rest has too many nodes to be read at once.
                break
            for text in values.texts:
                if text is not None:
                    writer.add_text(text)
            signed = _add_payloads(writer, values, data)
            words, parts = writer.take()
            calls = find_calls(SqliteCalls(connection, codec), execution.id, signed)
        entries.append(Entry(execution.ordinal, execution.version, words, parts, calls))
    return entries


def _read_values(connection: apsw.Connection, ids: Sequence[str]) -> dict[str, _Values]:
    wanted = json.dumps(ids)
    by_id = {
        row[0]: _Values(row[:-2], row[-2:])
        for row in fetch_all(connection, _queries["executions"], (wanted,))
    }
    place = 0
    nodes = connection.execute(_queries["nodes"], (wanted,))
    for rows, (execution_id, *texts_and_payloads) in enumerate(nodes, start=1):
        if execution_id != ids[place]:
            place = ids.index(execution_id, place)
            if rows > _GROUP_ROWS:
                return {each: by_id[each] for each in ids[:place]}
        values = by_id[execution_id]
        values.texts.update(dict.fromkeys(texts_and_payloads[:3]))
        values.payloads.update(dict.fromkeys(texts_and_payloads[3:]))
    return by_id


def _read_payloads(
    connection: apsw.Connection, codec: Codec, executions: Iterable[_Values]
) -> dict[int, bytes]:
    """Read the payloads, except those of executions that have too much content."""
    ids = [values.list_ids() for values in executions]
    every = json.dumps(sorted({each for some in ids for each in some}))
    sizes: dict[Any, int] = dict(fetch_all(connection, _queries["payload_sizes"], (every,)))
    read = {
        each
        for some in ids
        if sum(sizes.get(each, 0) for each in some) <= MAX_BYTES
        for each in some
    }
    wanted = json.dumps(sorted(read))
    return {
        payload_id: codec.decompress_readable(connection, frame)
        for payload_id, frame in fetch_all(connection, _queries["payload_data"], (wanted,))
    }


def _add_payloads(
    writer: TermWriter, values: _Values, data: dict[int, bytes]
) -> set[StoredValue] | None:
    """Add payloads, and return those that may be answers of models; None if they were not read."""
    signed: set[StoredValue] = set()
    for value in values.payloads:
        if value is None:
            continue
        payload = data.get(value) if isinstance(value, int) else str(value).encode()
        if payload is None:
            writer.add_oversized()
            return None
        writer.add_payload(payload)
        if SIGN in payload:
            signed.add(value)
    return signed
