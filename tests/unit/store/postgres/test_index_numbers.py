from __future__ import annotations

import json

from msgspec import Raw

from flightlog.store.index_content import Content, TermWriter
from flightlog.store.index_terms import list_text_terms, split_words
from flightlog.store.postgres.index_numbers import number_content, number_term


def test_an_execution_has_the_numbers_of_each_term_that_a_query_looks_up() -> None:
    """Words in any case, hashes of values and parts of identifiers are numbered alike."""
    writer = TermWriter(is_full=True)
    payload = {"to": "JANE@Example.com", "note": "Straße 7", "id": "ord_9f8e7d65"}
    for ensure_ascii in (True, False):
        data = Raw(json.dumps(payload, ensure_ascii=ensure_ascii).encode())
        writer.add_payload(bytes(data))
        numbers = set(number_content(writer.take()))
        words = [*split_words("jane@example.com"), "strasse", "7", "9f8e7d65"]
        words += list_text_terms("note", "strasse 7")
        assert {number_term("words", word) for word in words} <= numbers
        parts = ["jan", "ne@", "e.c", "d_9"]
        assert {number_term("parts", part) for part in parts} <= numbers


def test_numbers_are_ordered_distinct_and_small() -> None:
    """A word and a part of the same letters have two numbers, and repetitions have none."""
    numbers = number_content(Content("abc abc ABC", "abcabc"))
    assert list(numbers) == sorted(set(numbers))
    assert len(numbers) == 1 + 3
    assert all(0 <= number < 2**24 for number in numbers)
