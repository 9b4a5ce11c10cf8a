"""Random workflows for Hypothesis: graphs with conditions, switches, loops and parallel nodes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support.manifests import Json, code, edge, manifest, node, workflow

MAX_NODES = 10


class Graph:
    """A random workflow with its required results."""

    def __init__(self) -> None:
        self.nodes: dict[str, Json] = {}
        self.edges: list[Json] = []
        self.before: dict[str, set[str]] = {}
        """The direct sources of each node."""
        self.parents: dict[str, str] = {}
        """The loop or parallel node of each child."""
        self.loops: dict[str, int] = {}
        """The number of items of each loop."""

    @property
    def manifest(self) -> Json:
        """Make a manifest with the workflow `w`."""
        return manifest({"w": workflow(self.nodes, self.edges, name="Random")})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """
    Draw a workflow whose nodes all succeed.

    Args:
        draw: Hypothesis's function for choices.

    Returns:
        The workflow.
    """
    graph = Graph()
    _block(draw, graph, parent=None, prefix="n", depth=0)
    order = draw(st.permutations(list(graph.nodes)))
    graph.nodes = {name: graph.nodes[name] for name in order}
    graph.edges = draw(st.permutations(graph.edges))
    return graph


def _block(
    draw: st.DrawFn, graph: Graph, *, parent: str | None, prefix: str, depth: int
) -> list[str]:
    most = MAX_NODES if parent is None else 3
    members = [f"{prefix}{number}" for number in range(draw(st.integers(1, most)))]
    for number, name in enumerate(members):
        kinds = ["code", "condition", "switch", "edit"] + ["loop", "parallel"] * (depth < 2)
        kind = draw(st.sampled_from(kinds))
        graph.nodes[name] = _node(draw, graph, kind, name, depth)
        graph.before[name] = set()
        if parent is not None:
            graph.parents[name] = parent
        for source in members[:number]:
            if draw(st.integers(0, 2)) == 0:
                graph.before[name].add(source)
                graph.edges.append(_edge(draw, graph, source, name))
    return members


def _node(draw: st.DrawFn, graph: Graph, kind: str, name: str, depth: int) -> Json:
    title = draw(st.sampled_from(["Same name", f"Node {name}", "class", "run", "確認"]))
    match kind:
        case "code":
            return code(f"return {name!r}", title)
        case "condition":
            truth = draw(st.sampled_from(["true", "false", "execution.id == ''"]))
            return node("condition", title, expression=f"{{{{ {truth} }}}}")
        case "switch":
            value = draw(st.sampled_from([1, 2, 3]))
            cases = [{"value": 1}, {"value": 2}]
            return node("switch", title, value=f"{{{{ {value} }}}}", cases=cases)
        case "edit":
            return node("editFields", title, fields={"at": name}, mode="replace")
        case "loop":
            items = draw(st.integers(0, 3))
            graph.loops[name] = items
            children = _block(draw, graph, parent=name, prefix=f"{name}-", depth=depth + 1)
            most = draw(st.integers(1, 3))
            return node(
                "loop", title, items=list(range(items)), children=children, maxConcurrency=most
            )
        case _:
            children = _block(draw, graph, parent=name, prefix=f"{name}-", depth=depth + 1)
            mode = draw(st.sampled_from(["all", "allSettled"]))
            return node("parallel", title, mode=mode, children=children)


def _edge(draw: st.DrawFn, graph: Graph, source: str, target: str) -> Json:
    handles: dict[str, list[Any]] = {
        "condition": ["true", "false", None],
        "switch": ["1", "2", "default", None],
    }
    handle = draw(st.sampled_from(handles.get(graph.nodes[source]["type"], [None])))
    condition = draw(st.sampled_from([None, None, "{{ true }}", "{{ 1 > 2 }}"]))
    return edge(source, target, handle, condition)
