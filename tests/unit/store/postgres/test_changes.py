from __future__ import annotations

import itertools
import queue
from collections.abc import Callable
from typing import TYPE_CHECKING

from flightlog.store.postgres import PostgresStore
from support.records import record
from support.waiting import until

if TYPE_CHECKING:
    from support.postgres import PostgresHistories


def test_changes_reach_the_viewers_of_another_receiver(
    open_store: Callable[[], PostgresStore],
) -> None:
    """Creations and deletions arrive with their ids; a store's own changes arrive once."""
    first, second = open_store(), open_store()
    changes: queue.Queue[tuple[str, ...]] = queue.Queue()
    second.subscribe(changes.put)
    before = second.foreign_changes()
    first.merge([record("a"), record("b")])
    assert sorted(changes.get(timeout=30)) == ["a", "b"]
    second.merge([record("c")])
    assert changes.get(timeout=30) == ("c",)
    first.delete("a")
    assert changes.get(timeout=30) == ("a",)
    assert second.foreign_changes() == before + 2


def test_a_lost_connection_counts_as_a_change(
    open_store: Callable[[], PostgresStore], postgres_histories: PostgresHistories
) -> None:
    """Changes may have been missed, so viewers read again; later changes arrive again."""
    store, other = open_store(), open_store()
    changes: queue.Queue[tuple[str, ...]] = queue.Queue()
    store.subscribe(changes.put)
    before = store.foreign_changes()
    postgres_histories.cut_connections()
    until(lambda: store.foreign_changes() > before, "a lost connection")

    revisions = itertools.count()

    def hears() -> bool:
        other.merge([record("a", revision=next(revisions))])
        return not changes.empty()

    until(hears, "a change")
    assert changes.get() == ("a",)
