from __future__ import annotations

import pytest

from flightlog.codegen.lifting import find_outermost, lift

PARENTS = {"inner": "outer", "a": "outer", "b": "inner", "c": "other"}


@pytest.mark.parametrize(
    ("source", "target", "ends"),
    [
        ("x", "y", ("x", "y")),
        ("x", "x", ("x", "x")),
        ("x", "b", ("x", "outer")),
        ("b", "x", ("outer", "x")),
        ("a", "b", ("a", "inner")),
        ("b", "c", ("outer", "other")),
        ("b", "outer", None),
        ("outer", "b", None),
    ],
)
def test_an_edge_is_lifted_to_the_innermost_common_block(
    source: str, target: str, ends: tuple[str, str] | None
) -> None:
    """Both ends are then children of the same node, or of none."""
    assert lift(source, target, PARENTS) == ends


def test_the_outermost_node_is_no_child() -> None:
    """A node that is no child is its own outermost node."""
    assert find_outermost("b", PARENTS) == "outer"
    assert find_outermost("x", PARENTS) == "x"
