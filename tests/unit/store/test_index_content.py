"""The terms of executions: of their names, errors and payloads."""

from __future__ import annotations

import json

import pytest

from flightlog.store import index_content
from flightlog.store.index_content import Content, TermWriter
from flightlog.store.index_terms import (
    ALWAYS,
    list_number_terms,
    list_text_terms,
    split_words,
)

PAYLOAD = (
    '{"orderId":"A-17","total":17.5,"count":402,"ok":true,"gone":null,"to":["jane@example.com"],'
    '"items":[{"sku":"SKU-00417","title":"Blue Shirt"},{"sku":"SKU-00418","title":"Declined"}]}'
)


def write(*payloads: str, is_full: bool = True) -> Content:
    """Make the terms of an execution with these payloads."""
    writer = TermWriter(is_full=is_full)
    for payload in payloads:
        writer.add_payload(payload.encode())
    return writer.take()


def list_indexed(content: Content) -> set[str]:
    """Return the terms as SQLite makes them of the content."""
    return set(split_words(content.words.lower())) | set(content.words.split())


def expected_terms() -> set[str]:
    """Return what queries look up for the payload's values."""
    wanted: list[str] = []
    for name in ("orderId", None):
        wanted += list_text_terms(name, "a-17")
    for name in ("total", None):
        wanted += list_number_terms(name, "17.50")
    for name in ("count", None):
        wanted += list_number_terms(name, "402.0")
    wanted += list_text_terms("ok", "true") + list_text_terms("gone", "null")
    for name in ("to", None):
        wanted += list_text_terms(name, "jane@example.com")
    for name in ("title", None):
        wanted += list_text_terms(name, "blue shirt") + list_text_terms(name, "declined")
    return {*wanted, *list_text_terms("sku", "sku-00418"), "items", "sku", "orderid"}


@pytest.mark.parametrize(
    "payload",
    [PAYLOAD, json.dumps(json.loads(PAYLOAD), indent=1), PAYLOAD.replace("A-17", "\\u0041-17")],
    ids=["compact", "indented", "escaped"],
)
def test_every_value_has_its_terms(payload: str) -> None:
    """Each value is found by itself and with its name, however the JSON is written."""
    expected = expected_terms()
    assert len(expected) > 15
    assert expected <= list_indexed(write(payload))


def test_names_of_other_scripts_are_split() -> None:
    """Text that is not ASCII is folded as a query's test folds it."""
    content = write('{"STRASSE":"Große Straße","注文":"é"}')
    indexed = set(content.words.split())
    assert {"strasse", "grosse", "注", "文", "é"} <= indexed


def test_identifiers_have_parts() -> None:
    """Parts are of identifiers in names and values, and of nothing else."""
    content = write('{"user_id":"declined","to":"To Jane@Example.com, please","n":70210,"k":5}')
    assert set(content.parts.split("\n")) - {""} == {"user_id", "jane@example.com,", "70210"}


def test_names_have_parts_and_words() -> None:
    """Any part of a name or an error is found."""
    writer = TermWriter(is_full=False)
    writer.add_text("Card DECLINED")
    content = writer.take()
    assert set(content.words.split()) == {"card", "declined"}
    assert content.parts == "card declined"


def test_words_alone_have_no_hashes_of_texts() -> None:
    """The index can be limited to words; numbers are still found by their value."""
    content = write(PAYLOAD, is_full=False)
    indexed = list_indexed(content)
    assert content.parts == ""
    assert {"declined", "402", *list_number_terms(None, "17.50")} <= indexed
    assert not set(list_text_terms("title", "declined")) & indexed


def test_an_execution_begins_empty() -> None:
    """Nothing of an execution remains for the next one."""
    writer = TermWriter(is_full=True)
    writer.add_text("first")
    writer.add_payload(PAYLOAD.encode())
    first = writer.take()
    assert first.words
    assert writer.take() == Content("", "")


def test_remembered_terms_are_the_same() -> None:
    """The second execution with a value has the same terms as the first."""
    writer = TermWriter(is_full=True)
    contents = []
    for _ in range(2):
        writer.add_payload(PAYLOAD.encode())
        contents.append(list_indexed(writer.take()))
    assert contents[0] == contents[1]
    assert len(contents[0]) > 15


def test_equal_values_of_different_kinds_are_kept_apart() -> None:
    """The number 1, true and the text "1" of one name each have their term."""
    indexed = list_indexed(write('[{"a":1},{"a":true},{"a":"1"},{"a":1.5},{"a":"1.5"}]'))
    wanted = [
        *list_number_terms("a", "1"),
        *list_text_terms("a", "true"),
        *list_text_terms("a", "1"),
        *list_number_terms("a", "1.5"),
        *list_text_terms("a", "1.5"),
    ]
    assert len(set(wanted)) == 5
    assert set(wanted) <= indexed


def test_whole_numbers_are_found_however_they_are_written() -> None:
    """A number in scientific notation has the word of the whole number."""
    indexed = list_indexed(write('{"a":1e2,"b":-7.0210e4}'))
    wanted = [*list_number_terms(None, "100"), *list_number_terms(None, "-70210")]
    assert wanted == ["100", "70210"]
    assert {*wanted, *list_number_terms("a", "100"), *list_number_terms("b", "-70210")} <= indexed


def test_large_executions_are_always_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """An execution with too much content has one term, which every query looks up."""
    monkeypatch.setattr(index_content, "MAX_BYTES", 10)
    assert write('"123456789"') == Content(ALWAYS, "")
    assert write('"1234567"') != Content(ALWAYS, "")


def test_json_beyond_the_fast_decoder_is_read() -> None:
    """Halves of characters, numbers of any length and NUL are in JSON, too."""
    content = write('{"a":"x \\ud800 y","b":%s,"c":"nul\\u0000byte"}' % ("9" * 400))
    assert set(list_number_terms("b", "9" * 400)) <= set(content.words.split())
    assert {"x", "y", "nul", "byte"} <= set(content.words.split())
    assert "\0" not in content.words + content.parts
