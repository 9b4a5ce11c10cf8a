"""Handles of edges."""

from __future__ import annotations

from support.generated_steps import some, steps
from support.manifests import edge, node


def test_handles_of_a_switch_go_by_many_names() -> None:
    """A case's handle is its value as text, or its number if that text repeats."""
    nodes = {
        "s": node("switch", value="{{ input }}", cases=[{"value": 1}, {"value": "1"}]),
        **some("a", "b", "c"),
    }
    text = steps(nodes, [edge("s", "a", "1"), edge("s", "b", "case-1"), edge("s", "c", "default")])
    assert 'cases=[(1, "1"), ("1", "case-1")], default="default"' in text
    assert 'run.step(a, after=[switch_step.on("1")])' in text
    assert 'run.step(b, after=[switch_step.on("case-1")])' in text
    assert 'run.step(c, after=[switch_step.on("default")])' in text
