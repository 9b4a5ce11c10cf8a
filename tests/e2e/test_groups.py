"""Loops and parallel nodes: each child is a node execution below its parent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.manifests import chain, code, edge, http, manifest, node, workflow
from support.projects import project
from support.runs import Json, find_run, list_runs, read_statuses

Call = Callable[..., tuple[Any, Json]]

LOOPS = project(
    "loops",
    manifest(
        {
            "each": workflow(
                {
                    "prices": code("return {'rate': 2}", "Prices"),
                    "each": node(
                        "loop",
                        "Each item",
                        items="{{ input.items }}",
                        children=["pack", "label"],
                        maxConcurrency=2,
                    ),
                    "pack": node(
                        "editFields",
                        "Pack",
                        fields={"cost": "{{ item.n * nodes.prices.output.rate }}"},
                    ),
                    "label": code("return f\"{input['n']}:{input['cost']}\"", "Label"),
                    "total": code("return input", "Total"),
                },
                chain("prices", "each", "total"),
                http("/each"),
            ),
            "nested": workflow(
                {
                    "rows": node("loop", "Rows", items="{{ input.rows }}", children=["cells"]),
                    "cells": node("loop", "Cells", items="{{ item }}", children=["odd", "double"]),
                    "odd": node("condition", "Odd?", expression="{{ item % 2 == 1 }}"),
                    "double": code("return input * 2", "Double"),
                },
                [edge("odd", "double", "true")],
                http("/nested"),
            ),
        }
    ),
)

PARALLELS = project(
    "parallels",
    manifest(
        {
            mode: workflow(
                {
                    "both": node("parallel", "Both", mode=mode, children=["a", "b"]),
                    "a": node("httpRequest", "A", method="GET", url="{{ env.WEB }}/" + first),
                    "b": node("httpRequest", "B", method="GET", url="{{ env.WEB }}/" + second),
                    "end": code("return input", "End"),
                },
                [edge("both", "end")],
                http(f"/{mode}"),
            )
            for mode, first, second in (
                ("all", "meet/all/2", "meet/all/2"),
                ("race", "hang", "echo/b"),
                ("allSettled", "status/404", "echo/b"),
            )
        }
    ),
)


def test_each_iteration_of_a_loop_is_recorded_with_its_input_and_output(call: Call) -> None:
    """Children are below the loop's node execution, and outputs are in the order of the items."""
    items = [{"n": number} for number in (5, 1, 4, 2, 3)]
    answer, record = call(LOOPS, "/each", {"items": items})
    labels = [f"{item['n']}:{item['n'] * 2}" for item in items]
    assert answer == labels
    loop = find_run(record, "each")
    assert (loop["input"], loop["output"]) == ({"items": items}, labels)
    packs, written = list_runs(record, "pack"), list_runs(record, "label")
    assert len(packs) == len(written) == 5
    assert {run["parentSequence"] for run in (*packs, *written)} == {loop["sequence"]}
    assert sorted(run["input"]["n"] for run in packs) == [1, 2, 3, 4, 5]
    for run in packs:
        assert run["output"] == {"n": run["input"]["n"], "cost": run["input"]["n"] * 2}
    for run in written:
        assert run["output"] == f"{run['input']['n']}:{run['input']['cost']}"
    assert find_run(record, "total")["input"] == {"value": labels}


def test_a_loop_without_items_skips_its_children(call: Call) -> None:
    """A loop without items skips each child once, and gives an empty list."""
    answer, record = call(LOOPS, "/each", {"items": []})
    assert answer == []
    assert read_statuses(record) == {
        "prices": "success",
        "each": "success",
        "pack": "skipped",
        "label": "skipped",
        "total": "success",
    }


def test_loops_within_loops_and_choices_within_them(call: Call) -> None:
    """Each cell of nested loops is its own node execution, and the even cells are skipped."""
    answer, record = call(LOOPS, "/nested", {"rows": [[1, 2], [3]]})
    assert answer == [[2, {"result": False, "handle": "false"}], [6]]
    assert [run["status"] for run in list_runs(record, "double")].count("skipped") == 1
    assert sorted(
        run["output"] for run in list_runs(record, "double") if run["status"] == "success"
    ) == [
        2,
        6,
    ]
    rows, cells = find_run(record, "rows"), list_runs(record, "cells")
    assert len(cells) == 2
    assert {run["parentSequence"] for run in cells} == {rows["sequence"]}
    assert {run["parentSequence"] for run in list_runs(record, "odd")} == {
        run["sequence"] for run in cells
    }


def test_all_children_of_a_parallel_node_run_at_the_same_time(call: Call) -> None:
    """
    Children run at the same time, because the server answers only when both wait.

    The output is an object with a field for each child.
    """
    answer, record = call(PARALLELS, "/all", {})
    assert {child: output["body"]["met"] for child, output in answer.items()} == {
        "a": True,
        "b": True,
    }
    both = find_run(record, "both")
    assert both["output"] == answer == find_run(record, "end")["input"]
    for child in ("a", "b"):
        assert find_run(record, child)["parentSequence"] == both["sequence"]
        assert find_run(record, child)["output"] == answer[child]


def test_a_race_is_won_by_the_first_success(call: Call) -> None:
    """The first success wins a race; the endless other child is stopped and recorded as stopped."""
    answer, record = call(PARALLELS, "/race", {})
    assert answer["body"]["path"] == "/echo/b"
    assert read_statuses(record) == {
        "both": "success",
        "a": "error",
        "b": "success",
        "end": "success",
    }
    assert find_run(record, "a")["error"]["kind"] == "canceled"


def test_all_settled_tells_what_became_of_each(call: Call) -> None:
    """A failed child is an error in the record and doesn't fail the run."""
    answer, record = call(PARALLELS, "/allSettled", {})
    assert record["status"] == "success"
    assert answer["a"]["status"] == "rejected"
    assert "404" in answer["a"]["reason"]["message"]
    assert answer["b"]["status"] == "fulfilled"
    assert answer["b"]["value"]["status"] == 200
    assert find_run(record, "a")["status"] == "error"
    assert find_run(record, "a")["output"]["body"] == {"status": 404, "told": "as asked"}
