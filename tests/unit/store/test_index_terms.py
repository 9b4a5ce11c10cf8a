"""The terms of the search index, and what a query looks up for them."""

from __future__ import annotations

import itertools

import apsw
import pytest

from flightlog.store.index_terms import (
    PAIRED_CHARACTERS,
    describe_number,
    has_rare_word,
    is_identifier,
    is_word,
    list_number_terms,
    list_text_terms,
    select_identifiers,
    split_words,
    write_hashes,
)

NUMBERS = [
    ("1", "1.0", "1e0", "10e-1"),
    ("0", "-0", "-0.0", "0e5"),
    ("402", "402.000", "4.02e2"),
    ("-70210", "-7.021e4"),
    ("17.63", "1763e-2", "17.630"),
    ("9" * 30, "9" * 30 + ".0"),
    ("1e400", "10e399"),
]
"""Equal numbers in each row, and different numbers in different rows."""


def split_as_sqlite(text: str) -> set[str]:
    """Return the terms that SQLite makes of a text."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='ascii')")
    connection.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(words, row)")
    connection.execute("INSERT INTO words VALUES (?)", (text,))
    return {row[0] for row in connection.execute("SELECT term FROM terms")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("card declined", ["card", "declined"]),
        ("jane@example.com", ["jane", "example", "com"]),
        ("a_b-c.d", ["a", "b", "c", "d"]),
        ("注文 7", ["注", "文", "7"]),
        ("straße", ["straße"]),
        ("", []),
    ],
)
def test_words_of_texts(text: str, words: list[str]) -> None:
    """Words are runs of letters and digits; ideographs are words of their own."""
    assert split_words(text) == words


def test_ascii_is_split_as_sqlite_splits_it() -> None:
    """SQLite finds the same words in ASCII as `split_words`, so that payloads need no splitting."""
    text = "".join(map(chr, range(1, 128))).lower() + ' {"a_b": [1.5e+3, "x-y\x7fz"]}'
    assert split_as_sqlite(text) == set(split_words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane@example.com", True),
        ("a-17", True),
        ("17", True),
        ("example.com", True),
        ("user_id", True),
        ("declined", False),
        ("declined.", False),
        ("-", False),
        ("straße", False),
    ],
)
def test_identifiers(text: str, expected: bool) -> None:
    """A digit, or a sign between letters, makes an identifier; a full stop at the end doesn't."""
    assert is_identifier(text) is expected


def test_identifiers_of_a_text() -> None:
    """Only the identifiers of a text have parts, and only if they are long enough."""
    text = "card a-17 of jane@example.com was declined 2 times"
    assert select_identifiers(text) == "a-17\njane@example.com"
    assert select_identifiers("a1") == ""
    assert select_identifiers("declined") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sku-00417", True),
        ("9f8e7d65-5b4a", True),
        ("order 7021999", True),
        ("2026-11-01t00:00:05", False),
        ("1.2.3.4.5.6", False),
        ("declined", False),
    ],
)
def test_rare_words(text: str, expected: bool) -> None:
    """An id has a word with five digits, and a time or a version hasn't."""
    assert has_rare_word(text) is expected


@pytest.mark.parametrize("name", [None, "total"])
@pytest.mark.parametrize("equal", NUMBERS)
def test_equal_numbers_have_the_same_terms(name: str | None, equal: tuple[str, ...]) -> None:
    """However a number is written, its terms are the same."""
    described = {describe_number(name, number) for number in equal}
    assert len(described) == 1
    assert len({tuple(list_number_terms(name, number)) for number in equal}) == 1


@pytest.mark.parametrize("name", [None, "total"])
def test_different_numbers_have_different_terms(name: str | None) -> None:
    """Different numbers have different terms, with and without a name."""
    terms = [tuple(list_number_terms(name, equal[0])) for equal in NUMBERS]
    assert len(set(terms)) == len(NUMBERS)


@pytest.mark.parametrize("number", [number for equal in NUMBERS for number in equal])
def test_terms_of_a_number_are_made_for_it(number: str) -> None:
    """A query looks up terms that the index has, with and without a name."""
    word, hashes = describe_number("total", number)
    indexed = {word, *write_hashes(hashes).split()}
    assert set(list_number_terms("total", number)) <= indexed
    assert set(list_number_terms(None, number)) <= indexed


def test_pairs_depend_on_name_and_kind() -> None:
    """A short value with another name, or as a text, has another term."""
    terms = [
        *list_text_terms("status", "402"),
        *list_text_terms("state", "402"),
        *list_number_terms("status", "402"),
        *list_number_terms("state", "402"),
    ]
    assert len(set(terms)) == 4


def test_long_texts_and_ids_need_no_pair() -> None:
    """A long text is rare by itself, and so are the words of an id."""
    long = "x" * PAIRED_CHARACTERS + " y"
    assert list_text_terms("note", long) == list_text_terms(None, long)
    assert list_text_terms("sku", "sku-00417") == ["sku", "00417"]


def test_a_word_is_its_own_term() -> None:
    """A whole value of one word needs no hash."""
    assert is_word("declined")
    assert not is_word("card declined")
    assert not is_word("")
    assert list_text_terms(None, "declined") == ["declined"]


def test_hashes_are_words_for_sqlite() -> None:
    """SQLite keeps each hash as one word, apart from the words of texts."""
    texts = [f"{first} {second}" for first, second in itertools.product("abcdefgh", repeat=2)]
    terms = [term for text in texts for term in list_text_terms(None, text)]
    assert len(set(terms)) == len(texts)
    assert split_as_sqlite(" ".join(terms)) == set(terms)
    assert not any(term.isascii() for term in terms)


def test_surrogates_have_terms() -> None:
    """JSON may escape half of a character."""
    assert list_text_terms("a", "x \ud800") != list_text_terms("a", "x \ud801")
    assert list_text_terms("\ud800", "x y") != list_text_terms("\ud801", "x y")
