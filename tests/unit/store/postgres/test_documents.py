"""Receivers share documents and audit lines in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flightlog.clock import utc_now
from flightlog.store.postgres import PostgresStore

OpenStore = Callable[[], PostgresStore]


def test_a_document_is_replaced_only_as_it_was_read(open_store: OpenStore) -> None:
    """A name is taken once, and the second of two changes of one document fails."""
    first, second = open_store().documents, open_store().documents
    assert first.add_document("code", "shared", b"1", utc_now() + timedelta(hours=1))
    assert not second.add_document("code", "shared", b"2", None)
    assert second.replace_document("code", "shared", b"1", b"3")
    assert not first.replace_document("code", "shared", b"1", b"4")
    assert first.list_documents(["code"]) == {("code", "shared"): b"3"}
    assert first.delete_document("code", "shared")
    assert not second.delete_document("code", "shared")


def test_the_newest_audit_lines_come_first(open_store: OpenStore) -> None:
    """Another receiver reads them."""
    first, second = open_store().documents, open_store().documents
    first.append_audit([b"1", b"2", b"3"])
    assert second.read_audit(2) == [b"3", b"2"]
