"""
Read what distinguishes executions by the data that started them.

A list itself reads no payload. A viewer asks for these facts about the rows that it shows, after
the list. Only small payloads are opened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec import UNSET

from flightlog.errors import InvalidQueryError
from flightlog.record.placeholders import MARK
from flightlog.store.query import MAX_IDS
from flightlog.store.record_reader import ReadStore
from flightlog.store.row_functions import Row
from flightlog.store.summaries import TriggerFacts, TriggerValue

OPENED_BYTES: Final = 16 * 1024
"""Larger trigger data is not opened."""
SHOWN_VALUES: Final = 16
VALUE_CHARACTERS: Final = 60
_MOST_VISITED: Final = 200
_MAX_DEPTH: Final = 4
_REDACTED: Final = "[REDACT"
# Headers are the same for all requests of a client, and long.
_REQUEST_PARTS: Final = frozenset({"method", "path", "headers", "client", "scheme", "httpVersion"})


class TriggerStore(ReadStore, Protocol):
    """Reads trigger data, all in one snapshot."""

    def fetch_small_triggers(self, ids: Sequence[str], most_bytes: int) -> list[Row]:
        """
        Read id and trigger data of executions, where the data is at most so large.

        Args:
            ids: The ids of the rows of executions.
            most_bytes: The largest size of data.

        Returns:
            The rows.
        """
        ...


def read_trigger_facts(reads: TriggerStore, ids: Sequence[str]) -> tuple[TriggerFacts, ...]:
    """
    Read what distinguishes executions; see `ExecutionReader.read_trigger_facts`.

    Args:
        reads: Reads the rows.
        ids: The executions.

    Returns:
        The facts.

    Raises:
        InvalidQueryError: There are too many ids.
    """
    if len(ids) > MAX_IDS:
        raise InvalidQueryError(
            "id", f"holds {len(ids)} ids", hint=f"At most {MAX_IDS} can be asked for at once."
        )
    rows = reads.fetch_small_triggers(list(dict.fromkeys(ids)), OPENED_BYTES)
    load = reads.make_loader([value for _, value in rows])
    found = []
    for execution_id, value in rows:
        content = load(value)
        if content is UNSET:
            continue
        facts = find_facts(execution_id, bytes(content))
        if facts is not None:
            found.append(facts)
    return tuple(found)


def find_facts(execution_id: str, content: bytes) -> TriggerFacts | None:
    """
    Find what trigger data says about an execution.

    Args:
        execution_id: The execution.
        content: The JSON of the data.

    Returns:
        The facts; None if the data has none.
    """
    try:
        data = msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError):
        return None
    request = None
    if isinstance(data, dict) and isinstance(data.get("method"), str):
        path = data.get("path")
        if isinstance(path, str):
            request = _shorten(f"{data['method']} {path}")
            data = {name: part for name, part in data.items() if name not in _REQUEST_PARTS}
    values = tuple(_list_values(data))[:SHOWN_VALUES]
    if request is None and not values:
        return None
    return TriggerFacts(id=execution_id, values=values, request=request)


def _list_values(data: Any) -> Iterator[TriggerValue]:
    waiting: deque[tuple[str, Any, int]] = deque([("", data, 0)])
    visited = 0
    while waiting and visited < _MOST_VISITED:
        path, value, depth = waiting.popleft()
        visited += 1
        if isinstance(value, dict):
            if depth < _MAX_DEPTH and MARK not in value:
                waiting.extend(_list_members(path, value, depth + 1))
        elif isinstance(value, list):
            if depth < _MAX_DEPTH:
                waiting.extend(
                    (f"{path}[{place}]", part, depth + 1) for place, part in enumerate(value[:3])
                )
        elif value is not None:
            text = _write(value)
            if text and _REDACTED not in text:
                yield TriggerValue(path=path, value=text)


def _list_members(
    path: str, value: Mapping[str, Any], depth: int
) -> Iterator[tuple[str, Any, int]]:
    for name, part in list(value.items())[:_MOST_VISITED]:
        yield (f"{path}.{name}" if path else name), part, depth


def _write(value: Any) -> str:
    if isinstance(value, str):
        return _shorten(value.strip())
    return _shorten(msgspec.json.encode(value).decode())


def _shorten(text: str) -> str:
    return text if len(text) <= VALUE_CHARACTERS else f"{text[: VALUE_CHARACTERS - 1]}…"
