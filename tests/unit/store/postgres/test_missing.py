from __future__ import annotations

from collections.abc import Callable

import pytest

from flightlog.errors import StoreCapabilityError
from flightlog.query.parser import parse
from flightlog.store.capabilities import Capability
from flightlog.store.postgres import PostgresStore
from flightlog.store.postgres.missing import MISSING, MissingOperations
from flightlog.store.query import EVERYTHING, HistoryFilter
from support.queries import READER

_ELSEWHERE = {Capability.SEARCHED_COUNTS}
"""Capabilities that one argument of an operation needs."""


def test_what_is_declared_as_missing_is_refused_by_name() -> None:
    """Each operation refuses with a declared capability, and each such capability is refused."""
    refused = set()
    operations = MissingOperations("postgresql://db/history")
    for name, operation in vars(MissingOperations).items():
        if name.startswith("_") or not callable(operation):
            continue
        count = operation.__code__.co_argcount - 1
        with pytest.raises(StoreCapabilityError, match="can't do this yet") as caught:
            operation(operations, *[None] * count)
        refused.add(caught.value.capability)
    assert refused == MISSING - _ELSEWHERE


def test_an_argument_that_needs_a_missing_capability_is_refused(
    open_store: Callable[[], PostgresStore],
) -> None:
    """Nothing is searched, counted or left out silently."""
    store = open_store()
    for chosen in (
        HistoryFilter(text="order"),
        EVERYTHING.narrow(parse("output.total:>5", READER)),
    ):
        with pytest.raises(StoreCapabilityError) as caught:
            store.count_by_status(chosen)
        assert caught.value.capability == Capability.SEARCHED_COUNTS
    assert Capability.SEARCHED_COUNTS in store.missing
