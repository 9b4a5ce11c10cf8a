"""
SQL functions that test values for queries: texts, tags and payloads.

A statement passes each condition as JSON. The functions return 1 or 0, and 0 for a missing value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, cast

import apsw
import msgspec

from flightlog.errors import PayloadDamagedError
from flightlog.models.prices import CallPricer
from flightlog.query.expressions import Condition
from flightlog.query.texts import Way, check_text
from flightlog.store.compression import write_damaged
from flightlog.store.evaluation import EXECUTION_COLUMNS, NODE_COLUMNS, make_payload_check
from flightlog.store.row_functions import Row
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.payloads import StoredPayload, StoredValue
from flightlog.store.sqlite.queries import fetch_one

_EXECUTION: Final = f"SELECT {', '.join(EXECUTION_COLUMNS)} FROM executions WHERE id = ?"
_NODES: Final = (
    f"SELECT {', '.join(NODE_COLUMNS)} FROM node_executions WHERE execution_id = ? "
    "ORDER BY sequence, node_id"
)
_decoder: Final = msgspec.json.Decoder(Condition)
_encoder: Final = msgspec.json.Encoder()


def encode_condition(condition: Condition) -> str:
    """
    Write a condition as an argument of the functions.

    Args:
        condition: The condition.

    Returns:
        The JSON.
    """
    return _encoder.encode(condition).decode()


def register_checks(connection: apsw.Connection) -> None:
    """
    Give a connection the functions `checks_text`, `checks_tags` and `compute_cost`.

    Args:
        connection: The connection.
    """
    connection.create_scalar_function("checks_text", _checks_text, 3, deterministic=True)
    connection.create_scalar_function("checks_tags", _checks_tags, 2, deterministic=True)
    connection.create_scalar_function("compute_cost", _compute_cost, 5, deterministic=True)


def _checks_text(*arguments: Any) -> int:
    condition, way, text = arguments
    return int(isinstance(text, str) and _text_check(condition, way)(text))


def _checks_tags(*arguments: Any) -> int:
    condition, tags = arguments
    return int(isinstance(tags, str) and _json_check(condition)(tags.encode()))


def _compute_cost(*arguments: Any) -> float | None:
    pricer, *call = arguments
    return cast(CallPricer, pricer).compute_cost(*call)


@lru_cache(maxsize=256)
def _text_check(condition: str, way: str) -> Callable[[str], bool]:
    return check_text(_decoder.decode(condition).test, cast(Way, way))


@lru_cache(maxsize=256)
def _json_check(condition: str) -> Callable[[bytes], bool]:
    return make_payload_check(_decoder.decode(condition))


class PayloadChecks:
    """
    The function `checks_payload` of a connection, and how much it has read.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
    """

    def __init__(self, connection: apsw.Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec
        self._known: dict[tuple[str, int], int] = {}
        self.loaded: Mapping[int, bytes] = {}
        """Payloads that were read already, by their ids."""
        self.examined: set[int] = set()
        """The ids of the payloads that were examined."""
        self.read_bytes = 0
        """The payload bytes that were examined."""
        connection.create_scalar_function("checks_payload", self._check, 2)

    def accept(self, statement: str, bound: tuple[Any, ...]) -> bool:
        """
        Run a statement that uses the function.

        Args:
            statement: The statement.
            bound: The statement's bound values.

        Returns:
            Whether the statement returned a row.
        """
        return fetch_one(self._connection, statement, bound) is not None

    def close(self) -> None:
        """Take the function from the connection again."""
        self._connection.create_scalar_function("checks_payload", None, 2)

    def _check(self, *arguments: Any) -> int:
        condition, value = arguments
        if value is None:
            return 0
        if not isinstance(value, int):
            return self._examine(condition, str(value).encode())
        # Many executions share a payload, which is examined once for each condition.
        known = self._known.get((condition, value))
        if known is None:
            self.examined.add(value)
            data = self.loaded.get(value) or self._load(value)
            known = self._known[condition, value] = self._examine(condition, data)
        return known

    def _load(self, payload_id: int) -> bytes:
        row = fetch_one(self._connection, "SELECT data FROM payloads WHERE id = ?", (payload_id,))
        assert row is not None, "a payload that a column refers to is never erased"
        return self._codec.decompress_readable(self._connection, row[0])

    def _examine(self, condition: str, data: bytes) -> int:
        self.read_bytes += len(data)
        return int(_json_check(condition)(data))


class SqliteMatches:
    """
    Reads what `flightlog.store.matches` needs; see `MatchReads`.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
    """

    def __init__(self, connection: apsw.Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec
        self._known: dict[tuple[Condition, StoredValue], bool] = {}

    def fetch_execution(self, execution_id: str) -> Row | None:
        """Read an execution; see `MatchReads.fetch_execution`."""
        return fetch_one(self._connection, _EXECUTION, (execution_id,))

    def fetch_nodes(self, execution_id: str) -> Iterator[Row]:
        """Read node executions; see `MatchReads.fetch_nodes`."""
        return iter(self._connection.execute(_NODES, (execution_id,)))

    def test_payload(self, condition: Condition, value: StoredValue) -> bool:
        """Test a payload; see `MatchReads.test_payload`."""
        if value is None:
            return False
        known = self._known.get((condition, value))
        if known is None:
            known = make_payload_check(condition)(self.read_payload(value))
            self._known[condition, value] = known
        return known

    def read_payload(self, value: StoredValue) -> bytes:
        """Read a payload; see `MatchReads.read_payload`."""
        if isinstance(value, int):
            try:
                return bytes(StoredPayload(self._connection, self._codec, value))
            except PayloadDamagedError as error:
                return write_damaged(error)
        return str(value).encode()
