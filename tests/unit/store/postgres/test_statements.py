"""Tests of the arrays that statements take."""

from __future__ import annotations

from collections.abc import Callable

from flightlog.store.postgres import PostgresStore
from flightlog.store.postgres.statements import fetch_one, write_array


def test_arrays_keep_texts_and_numbers(open_store: Callable[[], PostgresStore]) -> None:
    """Quotes, backslashes, braces, blanks and the word NULL stay as they are."""
    texts = ['a"b', "a\\b", "{,}", " ", "", "NULL", "é\0\ufdd0"]
    numbers = [0, -5, 2.5, 1e-7, 10**17]
    with open_store()._reading() as connection:
        row = fetch_one(
            connection,
            "SELECT %(texts)s::text[], %(numbers)s::numeric[]",
            {"texts": write_array(texts), "numbers": write_array(numbers)},
        )
    assert row is not None
    assert [row[0], [float(each) for each in row[1]]] == [texts, numbers]
