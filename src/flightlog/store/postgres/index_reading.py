"""Read executions, and make the terms by which the search index finds them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from flightlog.store import index_content
from flightlog.store.index_content import TermWriter
from flightlog.store.index_terms import ALWAYS
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.index_numbers import number_content
from flightlog.store.postgres.payloads import read_payloads, read_reference, read_sizes
from flightlog.store.postgres.statements import Connection, fetch_all, load_queries, write_array

_MOST_NODES: Final = 20_000
"""An execution with more nodes is always a candidate."""

_queries: Final = load_queries("index_reading.sql")


class _Values(NamedTuple):
    """The distinct texts and payloads of an execution, in their order."""

    texts: dict[str | None, None]
    payloads: dict[bytes | None, None]


def read_terms(
    connection: Connection, codec: Codec, writer: TermWriter, ordinals: Sequence[int]
) -> dict[int, array[int] | None]:
    """
    Read executions, and make their terms.

    Args:
        connection: A connection within a transaction.
        codec: Decompresses payloads.
        writer: Makes the terms.
        ordinals: The executions.

    Returns:
        The terms of those that exist, in ascending order; None for one that is too large.
    """
    rows = fetch_all(connection, _queries["executions"], {"ordinals": write_array(ordinals)})
    values = {row[1]: _Values(dict.fromkeys(row[1:-1]), dict.fromkeys(row[-1:])) for row in rows}
    counts = dict.fromkeys(values, 0)
    bound = {"ids": list(values), "most": _MOST_NODES + 1}
    for execution_id, *node in fetch_all(connection, _queries["nodes"], bound):
        values[execution_id].texts.update(dict.fromkeys(node[:3]))
        values[execution_id].payloads.update(dict.fromkeys(node[3:]))
        counts[execution_id] += 1
    payloads = _read_payloads(connection, codec, values.values())
    terms: dict[int, array[int] | None] = {}
    for ordinal, execution_id, *_ in rows:
        for text in values[execution_id].texts:
            if text is not None:
                writer.add_text(text)
        if counts[execution_id] > _MOST_NODES:
            writer.add_oversized()
        for value in values[execution_id].payloads:
            data = payloads.get(value)
            if data is not None:
                writer.add_payload(data)
            elif value is not None:
                writer.add_oversized()
        content = writer.take()
        terms[ordinal] = None if content.words == ALWAYS else number_content(content)
    return terms


def _read_payloads(
    connection: Connection, codec: Codec, executions: Iterable[_Values]
) -> dict[bytes | None, bytes]:
    """Read the payloads, except those of executions that have too much content."""
    some = list(executions)
    sizes = read_sizes(connection, {value for each in some for value in each.payloads})
    found: dict[bytes | None, bytes] = {}
    for each in some:
        if sum(sizes.get(value, 0) for value in each.payloads if value) <= index_content.MAX_BYTES:
            found.update((value, b"") for value in each.payloads if value is not None)
    stored = read_payloads(connection, codec, found, replaces_damaged=True)
    for value in found:
        assert value is not None, "only values were noted"
        payload_id = read_reference(value)
        found[value] = bytes(value) if payload_id is None else bytes(stored[payload_id])
    return found
