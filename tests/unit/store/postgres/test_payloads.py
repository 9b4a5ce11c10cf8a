from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flightlog.store.postgres import PostgresSettings, PostgresStore
from support.records import record

if TYPE_CHECKING:
    from support.postgres import PostgresHistories

LARGE = {"text": "many words " * 40}


def test_a_payload_is_stored_once_and_goes_with_its_last_reference(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
) -> None:
    """Two receivers count the same payload, and a change of a record counts the old one less."""

    def stored() -> list[tuple[object, ...]]:
        return postgres_histories.query("SELECT refs FROM payloads ORDER BY id", settings)

    first, second = open_store(), open_store()
    data = {"type": "http", "data": LARGE}
    first.merge([record("a", trigger=data)])
    second.merge([record("b", trigger=data), record("c", trigger=data)])
    assert stored() == [(3,)]
    second.merge([record("c", trigger={"type": "http", "data": {"other": "z" * 300}}, revision=1)])
    assert stored() == [(2,), (1,)]
    first.delete_many(["a", "c"])
    assert stored() == [(1,)]
    second.clear("order-intake")
    assert stored() == []


def test_texts_keep_the_character_that_postgresql_lacks(
    open_store: Callable[[], PostgresStore],
) -> None:
    """U+0000 in names and payloads comes back, and so does the character that stands for it."""
    sent = record(
        "a",
        workflowName="a\0b\ufdd0c\ufdd00",
        trigger={"type": "http", "data": {"text": "\0" * 200}},
    )
    store = open_store()
    store.merge([sent])
    assert store.get("a") == sent
