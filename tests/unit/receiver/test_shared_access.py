"""Receivers of one server's history accept the same tokens, sessions and codes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import httpx
import pytest

from flightlog.clock import utc_now
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.rights import Right
from flightlog.receiver.shared_access import find_document_copy, open_shared_access
from flightlog.receiver.tokens import TokenDirectory
from flightlog.secret_key import SecretKey
from flightlog.store.documents import find_documents
from flightlog.store.postgres import PostgresStore
from support.access import NOBODY
from support.postgres import PostgresHistories
from support.waiting import until


class _Pair(NamedTuple):
    """Two receivers with keys of their own, as two machines have, and what a command opens."""

    first: Receiver
    second: Receiver
    logger: ExecutionLogger
    tokens: TokenDirectory


@pytest.fixture
def pair(postgres_histories: PostgresHistories) -> Iterator[_Pair]:
    """Start two receivers of one history."""
    settings = postgres_histories.take()
    with contextlib.ExitStack() as stack:
        loggers = [
            stack.enter_context(
                ExecutionLogger(
                    postgres_histories.url, store=PostgresStore(postgres_histories.url, settings)
                )
            )
            for _ in range(3)
        ]
        first, second = (
            stack.enter_context(
                Receiver(
                    logger, ReceiverSettings(port=0), SecretKey(key), collects_orphans=False
                ).running()
            )
            for logger, key in zip(loggers, (b"a" * 32, b"b" * 32), strict=False)
        )
        copy = find_document_copy(loggers[2])
        assert copy is not None
        copy.read_now()
        tokens = open_shared_access(copy).tokens
        yield _Pair(first, second, loggers[2], tokens)
    postgres_histories.give_back()


def _ask(receiver: Receiver, credentials: str, path: str = "/api/summaries") -> int:
    headers = {"Authorization": f"Bearer {credentials}"}
    return httpx.get(f"{receiver.url}{path}", headers=headers).status_code


def _exchange(receiver: Receiver, code: str, claim: str = "") -> httpx.Response:
    return httpx.post(
        f"{receiver.url}/api/sessions", json={"code": code, "claim": claim}, headers=NOBODY
    )


def test_a_token_is_valid_at_once_and_revoked_soon_everywhere(pair: _Pair) -> None:
    """A command makes and revokes it in the database, which holds only its digest."""
    token, stored = pair.tokens.create([Right.READ], name="a dashboard")
    assert [_ask(each, token) for each in (pair.first, pair.second)] == [200, 200]
    assert _ask(pair.second, token[:-1] + ("0" if token[-1] != "0" else "1")) == 401
    documents = find_documents(pair.logger.writer)
    assert documents is not None
    assert token.encode() not in b"".join(documents.list_documents(["token"]).values())
    assert pair.tokens.revoke(stored.id)
    assert not pair.tokens.revoke(stored.id)
    until(lambda: _ask(pair.first, token) == 401, "the refusal")
    until(lambda: _ask(pair.second, token) == 401, "the refusal")


def test_an_expired_token_is_refused(pair: _Pair) -> None:
    """The list still shows it."""
    token, _ = pair.tokens.create([Right.READ], expires_at=utc_now() - timedelta(seconds=1))
    assert _ask(pair.first, token) == 401
    assert [each.has_expired() for each in pair.tokens.list()] == [True]


def test_a_code_of_one_receiver_begins_a_session_at_another_one(pair: _Pair) -> None:
    """The session holds at both; the page can repeat the exchange, and nobody else can."""
    code = pair.first.make_code()
    session = _exchange(pair.second, code, "claim").json()["session"]
    assert [_ask(each, session) for each in (pair.first, pair.second)] == [200, 200]
    assert _exchange(pair.first, code, "claim").json()["session"] == session
    assert _exchange(pair.first, code, "other").status_code == 403
    assert _exchange(pair.second, code).status_code == 403
    headers = {"Authorization": f"Bearer {session}"}
    assert httpx.delete(f"{pair.first.url}/api/sessions", headers=headers).json() == {"ended": True}
    assert _ask(pair.first, session) == 401
    until(lambda: _ask(pair.second, session) == 401, "the refusal")


def test_receivers_share_the_audit_log(pair: _Pair) -> None:
    """Each shows what clients did at the other one, without payloads."""
    token, stored = pair.tokens.create([Right.ADMIN])
    assert _ask(pair.first, token, "/api/executions") == 200

    def read() -> list[tuple[str, str]]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{pair.second.url}/api/audit", headers=headers).json()
        return [(entry["who"], entry["action"]) for entry in answer["entries"]]

    until(lambda: (f"token {stored.id}", "read payloads") in read(), "the entry")


def test_credentials_stay_valid_while_the_database_is_away(
    pair: _Pair, postgres_histories: PostgresHistories
) -> None:
    """The copy in memory answers, and the connection comes back by itself."""
    token, _ = pair.tokens.create([Right.READ])
    assert _ask(pair.first, token) == 200
    postgres_histories.cut_connections()
    assert _ask(pair.first, token) != 401
    newer, _ = pair.tokens.create([Right.READ])
    until(lambda: _ask(pair.first, newer) == 200, "the newer token")
