"""A user's own rules: paths into payloads that are excepted, and patterns."""

from __future__ import annotations

import pytest

from flightlog.redaction.paths import Paths, find_excepted, find_matches
from flightlog.redaction.patterns import Pattern


@pytest.mark.parametrize(
    ("path", "place", "expected"),
    [
        ("output", "output", True),
        ("output", "input", False),
        ("output.usage.token", "output.usage.token", True),
        ("output.usage.token", "output.usage", False),
        ("output.usage", "output.usage.token", False),
        ("output.*.token", "output.usage.token", True),
        ("output.*.token", "output.usage.more.token", False),
        ("output.**.token", "output.token", True),
        ("output.**.token", "output.a.b.c.token", True),
        ("**.token", "trigger.token", True),
        ("*.items.0", "input.items.0", True),
        ("*.items.0", "input.items.1", False),
        ("output.**", "output.a.b", True),
    ],
)
def test_path_leads_to_the_places_that_it_matches(path: str, place: str, expected: bool) -> None:
    """`*` is one step, `**` any number of steps, and an item of a list is a step."""
    paths = Paths([path])
    root, *steps = place.split(".")
    states = paths.start(root)
    for step in steps:
        states = paths.step(states, step)
    assert paths.lead_here(states) is expected


def test_one_of_several_paths_suffices() -> None:
    """A place is excepted if any of the paths leads to it."""
    paths = Paths(["input.a", "output.b"])
    assert paths.lead_here(paths.step(paths.start("output"), "b"))
    assert not paths.lead_here(paths.step(paths.start("output"), "a"))


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("output", [b'{"a": {"b": [1, "x"]}, "c": 2}']),
        ("output.a", [b'"a": {"b": [1, "x"]}']),
        ("output.a.b.1", [b'"x"']),
        ("output.*", [b'"a": {"b": [1, "x"]}', b'"c": 2']),
        ("output.none", []),
        ("input.a", []),
    ],
)
def test_excepted_parts_are_found(path: str, parts: list[bytes]) -> None:
    """A part begins with its name, or the comma before it, and ends with its value."""
    text = b'{"a": {"b": [1, "x"]}, "c": 2}'
    spans = find_excepted(text, Paths([path]), "output")
    assert [text[start:end].strip(b", ") for start, end in spans] == parts


def test_patterns_match_texts_names_and_numbers() -> None:
    """A match is found behind escapes and within JSON in a text; a number is matched whole."""
    text = rb'{"EMP-1": "a \u0045MP-2", "n": [1234], "inner": "{\"k\": \"EMP-3\"}"}'
    pattern = Pattern(b"EMP-[0-9]|23")
    found = [
        (text[start:end], quoted)
        for start, end, quoted in find_matches(text, pattern, is_json=True)
    ]
    assert found == [
        (b"EMP-1", False),
        (rb"\u0045MP-2", False),
        (b"1234", True),
        (b"EMP-3", False),
    ]
