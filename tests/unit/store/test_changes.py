"""Subscribers learn of the changes to a history."""

from __future__ import annotations

import logging

import pytest

from flightlog.store.changes import ChangeFeed


def test_each_subscriber_gets_each_change_until_it_ends() -> None:
    """A subscription ends once; a second end does nothing, and no ids are no change."""
    feed = ChangeFeed()
    first: list[tuple[str, ...]] = []
    second: list[tuple[str, ...]] = []
    end = feed.subscribe(first.append)
    feed.subscribe(second.append)
    feed.publish(iter(["a", "b"]))
    feed.publish([])
    end()
    end()
    feed.publish(["c"])
    assert first == [("a", "b")]
    assert second == [("a", "b"), ("c",)]


def test_error_of_a_subscriber_is_logged_and_stops_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The other subscribers get the change."""
    feed = ChangeFeed()
    changes: list[tuple[str, ...]] = []

    def fail(_ids: tuple[str, ...]) -> None:
        raise RuntimeError("no")

    feed.subscribe(fail)
    feed.subscribe(changes.append)
    with caplog.at_level(logging.ERROR, "flightlog.store"):
        feed.publish(["a"])
    assert changes == [("a",)]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_subscriber_may_unsubscribe_during_a_change() -> None:
    """A change that is being published still reaches all its subscribers."""
    feed = ChangeFeed()
    changes: list[tuple[str, ...]] = []

    def once(ids: tuple[str, ...]) -> None:
        changes.append(ids)
        end()

    end = feed.subscribe(once)
    feed.subscribe(changes.append)
    feed.publish(["a"])
    feed.publish(["b"])
    assert changes == [("a",), ("a",), ("b",)]
