"""All faults of a manifest are reported together."""

from __future__ import annotations

import pytest

from flightlog.codegen.problems import SHOWN, Problems, format_place
from flightlog.errors import InvalidManifestError


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ((), ""),
        (("workflows", "order", "nodes"), "workflows.order.nodes"),
        (("nodes", 3, "config"), "nodes[3].config"),
        (("workflows", "order-intake"), "workflows.order-intake"),
        (("workflows", "two words"), "workflows['two words']"),
        (("workflows", "ä"), "workflows['ä']"),
        (("workflows", ""), "workflows['']"),
    ],
)
def test_place_is_written_as_a_path(parts: tuple[str | int, ...], place: str) -> None:
    """A position is in brackets, and a key that is no plain word is quoted."""
    assert format_place(*parts) == place


def test_faults_are_reported_once_and_in_order() -> None:
    """A repetition is dropped, and the manifest as a whole has no place."""
    problems, others = Problems(), Problems()
    problems.raise_any()
    assert not problems
    problems.add("a.b", "is missing", "add it")
    problems.add("a.b", "is missing", "add it")
    others.add("", "is no object", "write one")
    problems.extend(others)
    assert problems
    with pytest.raises(InvalidManifestError) as caught:
        problems.raise_any()
    assert caught.value.problems == (
        "`a.b` is missing. Add it.",
        "The manifest is no object. Write one.",
    )


def test_very_many_faults_are_counted() -> None:
    """The error has a limited number of sentences, and the number of the others."""
    problems = Problems()
    for number in range(SHOWN + 5):
        problems.add(f"a[{number}]", "is missing", "add it")
    with pytest.raises(InvalidManifestError) as caught:
        problems.raise_any()
    assert len(caught.value.problems) == SHOWN + 1
    assert caught.value.problems[-1] == "And 5 more."
