"""Errors are grouped by their messages."""

from __future__ import annotations

import pytest

from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite import (
    SqliteStore,
    error_groups,
)
from support.records import record


def test_only_the_newest_failures_are_grouped(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the newest failures are grouped, and the answer reports the limit."""
    store.merge([record("new", status="error", error={"message": "no", "type": "E"})])
    monkeypatch.setattr(error_groups, "FAILURES", 1)
    groups = store.group_errors(HistoryFilter(), 10)
    assert [one.message for one in groups.errors] == ["no"]
    assert not groups.complete


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Row 7 has no price", "Row 12 has no price"),
        ("409: order-12 exists", "409: order-a7f exists"),
        (
            "no 0193a7f2-1111-7222-8333-444455556666 here",
            "no 0193a7f2-9999-7222-8333-444455556667 here",
        ),
        ("token [REDACTED:3f9a1c0b7d24]", "token [REDACTED:9f2c44aa01be]"),
        ("at 0x7f3a: 1,200.5 ms", "at 0x11: 3 ms"),
        ("commit deadbeef01", "commit 00ff00aa11"),
    ],
)
def test_messages_that_are_alike(one: str, other: str) -> None:
    """Messages that differ only in numbers, times and ids are alike."""
    assert error_groups.normalize_message(one) == error_groups.normalize_message(other)


def test_messages_that_are_not_alike() -> None:
    """Messages with different words aren't alike."""
    assert error_groups.normalize_message("card declined") != error_groups.normalize_message(
        "card expired"
    )
    assert error_groups.normalize_message("no answer") == "no answer"
