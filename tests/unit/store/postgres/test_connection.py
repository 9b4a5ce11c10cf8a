"""Each connection has timeouts, and each of them ends in a named error or another attempt."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
from msgspec import structs
from psycopg import sql

from flightlog.delivery.http import HttpDestination
from flightlog.errors import StoreBusyError, StoreDisconnectedError, StoreReadEndedError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.decoding import encode_execution
from flightlog.secret_key import SecretKey
from flightlog.store.postgres import PostgresSettings, PostgresStore
from flightlog.store.postgres.connection import ReaderPool, connect
from flightlog.store.postgres.errors import translate_errors
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one
from support.postgres import PostgresHistories
from support.records import record
from support.waiting import until

SHORT_MS = 50
SETTINGS = PostgresSettings(schema="test_without_tables")


@pytest.fixture
def hasty(
    postgres_histories: PostgresHistories, settings: PostgresSettings
) -> Iterator[PostgresStore]:
    """Open a store that waits for locks only briefly."""
    short = structs.replace(settings, lock_timeout_ms=SHORT_MS)
    with contextlib.closing(PostgresStore(postgres_histories.url, short)) as store:
        yield store


@contextlib.contextmanager
def hold(histories: PostgresHistories, settings: PostgresSettings) -> Iterator[None]:
    """Lock the executions within a transaction, as another program may."""
    table = sql.Identifier(settings.schema, "executions")
    with psycopg.connect(histories.url) as connection:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(table))
        yield
        connection.rollback()


def test_each_connection_has_the_timeouts_of_the_settings(
    postgres_histories: PostgresHistories,
) -> None:
    """They don't depend on the role's or the server's own settings."""
    with contextlib.closing(
        connect(postgres_histories.url, SETTINGS, timeout_ms=SETTINGS.write_timeout_ms)
    ) as connection:
        rows = fetch_all(
            connection,
            "SELECT name, setting FROM pg_settings WHERE name LIKE '%%timeout' OR name = ANY(%s)",
            (["search_path", "default_transaction_isolation"],),
        )
    found: dict[str, str] = {row[0]: row[1] for row in rows}
    assert found["statement_timeout"] == "60000"
    assert found["lock_timeout"] == "10000"
    assert found["idle_in_transaction_session_timeout"] == "60000"
    assert found["default_transaction_isolation"] == "read committed"
    assert found["search_path"].strip('"') == SETTINGS.schema


def test_a_lock_that_others_hold_makes_the_history_busy(
    postgres_histories: PostgresHistories, settings: PostgresSettings, hasty: PostgresStore
) -> None:
    """The call names the time that it waited, and succeeds as soon as the lock is free."""
    with (
        hold(postgres_histories, settings),
        pytest.raises(StoreBusyError, match=f"more than {SHORT_MS} ms") as caught,
    ):
        hasty.merge([record("run")])
    assert caught.value.retryable
    assert hasty.merge([record("run")]).created == 1


def test_a_statement_that_takes_too_long_is_ended(postgres_histories: PostgresHistories) -> None:
    """Writing makes the history busy, and reading ends; both can be tried again."""
    short = structs.replace(SETTINGS, write_timeout_ms=SHORT_MS)
    with contextlib.closing(
        connect(postgres_histories.url, short, timeout_ms=SHORT_MS)
    ) as connection:
        for is_reading, kind in ((False, StoreBusyError), (True, StoreReadEndedError)):
            with (
                pytest.raises(kind, match=None if is_reading else "50 ms to write") as caught,
                translate_errors("postgresql://db/runs", short, is_reading=is_reading),
            ):
                connection.execute("SELECT pg_sleep(60)")
            assert caught.value.retryable


def test_a_transaction_that_stands_still_is_ended(postgres_histories: PostgresHistories) -> None:
    """The server takes its locks away, and the pool lends a sound connection afterwards."""

    def read_late(connection: Connection) -> None:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 50")
        activity = f"SELECT FROM pg_stat_activity WHERE pid = {connection.info.backend_pid}"
        until(lambda: not postgres_histories.query(activity, SETTINGS), "its end")
        fetch_one(connection, "SELECT 1")

    with contextlib.closing(ReaderPool(postgres_histories.url, SETTINGS)) as pool:
        with (
            pytest.raises(StoreDisconnectedError, match="idle-in-transaction") as caught,
            translate_errors("postgresql://db/runs", SETTINGS, is_reading=True),
            pool.lend() as connection,
        ):
            read_late(connection)
        assert caught.value.retryable
        with pool.lend() as connection:
            assert fetch_one(connection, "SELECT 1") == (1,)


def test_records_wait_while_the_history_is_locked(
    postgres_histories: PostgresHistories, settings: PostgresSettings, hasty: PostgresStore
) -> None:
    """The receiver answers 503, the sender keeps its records, and sends them again."""
    key = SecretKey(b"k" * 32)
    logger = ExecutionLogger(postgres_histories.url, store=hasty)
    chosen = ReceiverSettings(port=0)
    with Receiver(logger, chosen, key, collects_orphans=False).running() as receiver:
        destination = HttpDestination(receiver.url, key)
        lines = [encode_execution(record("run"))]
        with hold(postgres_histories, settings):
            refused = destination.send(lines)
        assert (refused.outcome, "503" in refused.reason) == ("later", True)
        assert refused.retry_after_s
        assert destination.send(lines).outcome == "delivered"
        destination.close()
    assert hasty.get("run") is not None
