"""Tests of places in payloads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.query import parse
from flightlog.query.expressions import Condition
from flightlog.query.fields import FIELDS
from flightlog.query.payloads import check_json, check_words
from flightlog.query.places import SHOWN_CHARACTERS, Place, find_places, shorten
from support.queries import READER, Pool, conditions

ORDER = json.dumps(
    {
        "items": [{"sku": "A-17", "n": 2}, {"sku": "B-4", "n": 10}],
        "status": 402,
        "note": "card declined by the bank",
        "a.b": {"ok": True, "none": None},
    }
).encode()


def places(term: str, data: bytes = ORDER) -> list[Place]:
    """Find the places of one term."""
    condition = parse(term, READER)
    assert isinstance(condition, Condition)
    return list(find_places(condition, data))


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("output.items[].sku:A-17", [(("items", 0, "sku"), "[A-17]")]),
        ("output.items.n:>=2", [(("items", 0, "n"), "[2]"), (("items", 1, "n"), "[10]")]),
        ("any.sku:(A-17, ~4)", [(("items", 0, "sku"), "[A-17]"), (("items", 1, "sku"), "B-[4]")]),
        ("any.ok:true", [(("a.b", "ok"), "[true]")]),
        ("output.status:402", [(("status",), "[402]")]),
        ('output:~"declined by"', [(("note",), "card [declined by] the bank")]),
        ('{"sku": "B-4"}', [(("items", 1), '[{"sku": "B-4", "n": 10}]')]),
        ('output."a.b":*', [(("a.b",), '[{"ok": true, "none": null}]')]),
        ("declined", [(("note",), "card [declined] by the bank")]),
        ("402", [(("status",), "[402]")]),
        (
            "sku",
            [
                (("items", place, "sku"), f"[sku]: {sku}")
                for place, sku in [(0, "A-17"), (1, "B-4")]
            ],
        ),
        ("output.status:500", []),
    ],
)
def test_a_place_has_a_path_and_the_parts_that_match(
    term: str, found: list[tuple[tuple[Any, ...], str]]
) -> None:
    """The places come in the order of the payload; brackets stand around what matches."""
    assert [(place.path, mark(place)) for place in places(term)] == found


def mark(place: Place) -> str:
    """Write a place with brackets around the parts that match."""
    text = place.text
    for start, end in reversed(place.spans):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text


@pytest.mark.parametrize("before", [0, 10, 100, 1_000])
@pytest.mark.parametrize("after", [0, 10, 100, 1_000])
def test_a_long_text_is_cut_around_the_match(before: int, after: int) -> None:
    """The match is shown with text on both sides; an ellipsis stands where text is left out."""
    text = "x" * before + " needle " + "y" * after
    (place,) = places("needle", json.dumps([text]).encode())
    short = shorten(place)
    assert len(short.text) <= SHOWN_CHARACTERS
    assert [short.text[start:end] for start, end in short.spans] == ["needle"]
    assert len(short.text) == min(len(text), SHOWN_CHARACTERS) or "…" in short.text
    assert short.text.strip("…") in text


def test_a_match_longer_than_the_shown_text_is_shown_in_part() -> None:
    """The whole shown text is then the match."""
    (place,) = places("output:*", json.dumps("z" * 500).encode())
    short = shorten(place)
    assert (short.text, short.spans) == ("z" * 158 + "…", ((0, 158),))
    (deep,) = places("output.a:*", b'{"a": ' + b"[" * 400 + b"]" * 400 + b"}")[:1]
    assert len(shorten(deep).text) <= SHOWN_CHARACTERS


JSON = st.recursive(
    st.sampled_from([0, -0.0, 1.5, True, False, None, "", "a", "A-17", "Straße", "x y", "7", "é"]),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c.d", "A-17"]), parts, max_size=3)
    ),
    max_leaves=8,
)


PAYLOADS = [FIELDS[name] for name in ("text", "trigger", "input", "output", "any")]


@given(JSON, st.sampled_from(PAYLOADS).flatmap(lambda field: conditions(field, Pool())))
def test_a_payload_has_a_place_if_it_matches(value: Any, condition: Condition) -> None:
    """Places are found exactly where the check of a search finds a match."""
    data = json.dumps(value, ensure_ascii=False).encode()
    if condition.field == "text":
        matches = check_words(condition.test)
    else:
        matches = check_json(condition.test, condition.path, at_any_depth=condition.field == "any")
    found = list(find_places(condition, data))
    assert bool(found) == matches(data)
    for place in map(shorten, found):
        assert all(0 <= start < end <= len(place.text) for start, end in place.spans if place.text)
