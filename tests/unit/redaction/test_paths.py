"""Paths into payloads that are excepted from redaction."""

from __future__ import annotations

import pytest

from flightlog.redaction.paths import Paths


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
    assert paths.excepted(states) is expected


def test_one_of_several_paths_suffices() -> None:
    """A place is excepted if any of the paths leads to it."""
    paths = Paths(["input.a", "output.b"])
    assert paths.excepted(paths.step(paths.start("output"), "b"))
    assert not paths.excepted(paths.step(paths.start("output"), "a"))
