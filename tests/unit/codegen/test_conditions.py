"""Conditions are written as expressions or as Python."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.codegen.conditions import NAMES, ROUTE_NAMES, find_python_fault, write_condition
from support.generated_steps import notes, problem
from support.manifests import node


@pytest.mark.parametrize(
    ("condition", "python", "expected"),
    [
        ("input.a == 1", True, "input.a == 1"),
        ("input.a == 1", False, "{{ input.a == 1 }}"),
        ("input.message | length == 5", True, "{{ input.message | length == 5 }}"),
        ("{{ input.a }}", True, "{{ input.a }}"),
        ("always", False, "always"),
        (True, True, True),
        (None, False, None),
    ],
)
def test_condition_is_written_in_its_language(condition: Any, python: bool, expected: Any) -> None:
    """A text that only one language has is of that language; otherwise the place decides."""
    assert write_condition(condition, python=python) == expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("input.a > 1", None),
        ("{{ input.a }}", None),
        ("unknown > 1", "names `unknown`"),
        ("input.a >", "can't be evaluated"),
        ("__import__('os')", "can't be evaluated"),
    ],
)
def test_fault_of_a_python_condition_is_explained(text: str, fault: str | None) -> None:
    """An unknown name and invalid Python are faults with a remedy."""
    found = find_python_fault(text, NAMES)
    if fault is None:
        assert found is None
    else:
        assert found is not None
        assert fault in found[0]
        assert found[1]


def test_always_is_a_condition_of_routes_alone() -> None:
    """A router's route may always be taken."""
    assert find_python_fault("always", ROUTE_NAMES) is None
    assert find_python_fault("always", NAMES) is not None


@pytest.mark.parametrize("text", ["input.a && input.b", "import os", "{{ input.a }} === 1"])
def test_condition_that_is_no_expression_is_refused(text: str) -> None:
    """It would be false in every run. A name that isn't known yet is only noted."""
    refused = problem({"c": node("condition", condition=text)}, [])
    assert refused.startswith("`workflows.w.nodes.c.config.expression` can't be evaluated")
    (note,) = notes({"c": node("condition", condition="status == 'on'")}, [])
    assert "it makes the condition false unless it is known at run time" in note
