from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flightlog.cli.nodes import MAX_DEPTH, nest_nodes
from flightlog.record.model import NodeExecution


def node(sequence: int, parent: int | None = None) -> NodeExecution:
    """Build a node execution at a place in the run, within another node execution."""
    return NodeExecution(
        node_id=f"{sequence}",
        node_name="N",
        node_type="t",
        status="success",
        sequence=sequence,
        parent_sequence=parent,
    )


def test_nodes_stand_below_what_they_ran_within() -> None:
    """Children follow their parent in order, whichever was recorded first."""
    walk = nest_nodes([node(3, 1), node(1), node(2), node(4, 1), node(5, 99)])
    assert [(item.sequence, parent, depth) for item, parent, depth in walk] == [
        (1, None, 0),
        (3, 1, 1),
        (4, 1, 1),
        (2, None, 0),
        (5, None, 0),
    ]


def test_no_node_is_lost_in_a_circle_or_an_abyss() -> None:
    """Nodes that enclose each other appear once, and the depth is limited."""
    circle = [node(1, 2), node(2, 1), node(3, 3)]
    assert sorted(node.sequence or 0 for node, _, _ in nest_nodes(circle)) == [1, 2, 3]
    chain = [node(0), *(node(place, place - 1) for place in range(1, 5_000))]
    depths = [depth for _, _, depth in nest_nodes(chain)]
    assert len(depths) == 5_000
    assert max(depths) == MAX_DEPTH


def test_nodes_with_one_sequence_are_all_shown(stored: Callable[..., Any]) -> None:
    """Several nodes may share one `sequence`; their child appears once, below the first of them."""
    node = {"nodeName": "N", "nodeType": "t", "status": "success", "sequence": 3}
    nodes = [
        {**node, "nodeId": "a", "nodeName": "First"},
        {**node, "nodeId": "b", "nodeName": "Second"},
        {**node, "nodeId": "c", "nodeName": "Within", "sequence": 4, "parentSequence": 3},
    ]
    lines = stored(nodeExecutions=nodes).out.splitlines()
    assert lines[-4:] == [
        "3 node executions",
        "├── ● First · t",
        "│   └── ● Within · t",
        "└── ● Second · t",
    ]
