"""Large, hostile and mixed manifests, and the death of a process during a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.ipc_client import IpcClient
from support.manifests import chain, code, edge, http, manifest, node, workflow
from support.projects import Project, project
from support.runs import Json, began_after, find_run, list_runs, read_statuses, sort_nodes
from support.waiting import until

Call = Callable[..., tuple[Any, Json]]
WIDTH, DEPTH = 3, 13

LARGE = project(
    "large",
    manifest(
        {
            "grid": workflow(
                {
                    "source": code("return {'n': input['n']}", "Source"),
                    **{
                        f"n{row}-{column}": code(
                            f"values = input.values() if 'n' not in input else [input]\n"
                            f"return {{'n': sum(value['n'] for value in values) % 1009,"
                            f" 'at': [{row}, {column}]}}",
                            f"Node {row} {column}",
                        )
                        for row in range(DEPTH)
                        for column in range(WIDTH)
                    },
                },
                [
                    *(edge("source", f"n0-{column}") for column in range(WIDTH)),
                    *(
                        edge(f"n{row}-{column}", f"n{row + 1}-{(column + shift) % WIDTH}")
                        for row in range(DEPTH - 1)
                        for column in range(WIDTH)
                        for shift in (0, 1)
                    ),
                ],
                http("/grid"),
            )
        }
    ),
)

HOSTILE_NAMES = [
    'a "quoted" {name} \\ with # and {{ braces }}',
    'ends with \\"""\\',
    "line\nbreak\r\nand\ttab",
    "import os; os.system('exit 1')",
    "__import__('os')._exit(9)",
    "class",
    "print",
    "workflow",
    "body",
    "node",
    "Charge card",
    "charge-card",
    "charge_card",
    "\u2028line\u2029paragraph\x85next",
    "\u202eright to left",
    "確認 🚀",
    "123",
    "'''",
    "%s {0} ${x} \x00",
]
HOSTILE_IDS = ["node.id", "node id", "class", "it's", 'quo"te', "{{ id }}", "__init__", "確認"]
HOSTILE = project(
    "hostile",
    manifest(
        {
            'coding: latin-1 """ {x}': workflow(
                {
                    f"n{number}": {
                        **code("return input", name),
                        "description": f"{name}\n\n{name}",
                    }
                    for number, name in enumerate(HOSTILE_NAMES)
                },
                chain(*(f"n{number}" for number in range(len(HOSTILE_NAMES)))),
                http("/names"),
                name='Quotes """ and \\ and {braces}\nand lines',
                description='"""\nimport os\n"""\\',
            ),
            "ids": workflow(
                {
                    identifier: node(
                        "editFields",
                        "Same name",
                        fields={
                            f"key {identifier}": None,
                            'quo"te\n': "a\nb\u2028'\"\\",
                            "static": {"type": "static", "value": "{{ not.evaluated }} %}"},
                            "flag": False,
                            "before": (
                                f"{{{{ nodes[{before!r}].output | json }}}}" if before else "none"
                            ),
                        },
                        mode="replace",
                    )
                    for identifier, before in zip(HOSTILE_IDS, [None, *HOSTILE_IDS], strict=False)
                },
                chain(*HOSTILE_IDS),
                http("/ids"),
            ),
            "json": workflow(
                {"code": code('text = """\n  kept\n"""\nreturn text', "Multi-line")},
                trigger=http("/json"),
            ),
        }
    ),
)

MIXED = project(
    "mixed",
    manifest(
        {
            "orders": workflow(
                {
                    "start": node("httpEndpoint", "Order comes in"),
                    "check": node(
                        "validate",
                        "Check order",
                        schema={"type": "object", "required": ["items", "tier"]},
                    ),
                    "look": node("parallel", "Look up", mode="all", children=["stock", "customer"]),
                    "stock": node(
                        "httpRequest",
                        "Stock",
                        {"retries": 2},
                        method="GET",
                        url="{{ env.WEB }}/fails/mixed/1",
                    ),
                    "customer": code("return {'name': 'Ada', 'tier': input['tier']}", "Customer"),
                    "each": node(
                        "loop",
                        "Each item",
                        items="{{ nodes.check.output['items'] }}",
                        children=["price"],
                        maxConcurrency=3,
                    ),
                    "price": node(
                        "editFields",
                        "Price",
                        fields={"cents": "{{ item.cents * item.count }}", "at": "{{ index }}"},
                    ),
                    "tier": node(
                        "switch",
                        "Tier",
                        value="{{ nodes.customer.output.tier }}",
                        cases=[{"value": "gold", "target": "thanks"}],
                        default="offer",
                    ),
                    "thanks": node(
                        "openaiCompletion",
                        "Thank",
                        model="some",
                        messages=[
                            {
                                "role": "user",
                                "content": "Thank {{ nodes.customer.output.name | uppercase }}",
                            }
                        ],
                    ),
                    "offer": node("log", "Offer", level="warn", message="for {{ input.tier }}"),
                    "total": code("return sum(line['cents'] for line in input)", "Total"),
                    "done": node(
                        "editFields",
                        "Done",
                        fields={
                            "total": "{{ nodes.total.output }}",
                            "currency": "{{ global.currency }}",
                        },
                        mode="replace",
                    ),
                },
                [
                    edge("start", "check"),
                    edge("check", "look"),
                    edge("look", "tier"),
                    edge("check", "each"),
                    edge("each", "total"),
                    edge("total", "done"),
                    edge("thanks", "done"),
                    edge("offer", "done"),
                ],
                http("/orders"),
                executionConfig={"retryDelay": 0, "timeout": 60000},
            )
        },
        globalVariables={"currency": "EUR"},
    ),
)

DYING = Project(
    "dying",
    manifest(
        {
            "dying": workflow(
                {
                    "before": code("return {'ready': True}", "Before"),
                    "die": node("httpRequest", "Die", method="GET", url="{{ env.WEB }}/meet/die/2"),
                    "after": code("return 1", "After"),
                },
                chain("before", "die", "after"),
                http("/dying"),
            )
        }
    ),
    {},
)


def test_forty_nodes_run_in_the_order_of_their_edges(call: Call) -> None:
    """Each node runs once, after its dependencies, with the sum of its inputs."""
    answer, record = call(LARGE, "/grid", {"n": 5})
    assert len(record["nodeExecutions"]) == 1 + WIDTH * DEPTH == 40
    assert set(read_statuses(record).values()) == {"success"}
    expected = [5] * WIDTH
    for row in range(DEPTH):
        if row:
            expected = [(expected[column] + expected[column - 1]) % 1009 for column in range(WIDTH)]
        for column in range(WIDTH):
            run = find_run(record, f"n{row}-{column}")
            assert run["output"] == {"n": expected[column], "at": [row, column]}
            sources = (
                {f"n{row - 1}-{column}", f"n{row - 1}-{(column - 1) % WIDTH}"}
                if row
                else {"source"}
            )
            for source in sources:
                assert began_after(record, run["nodeId"], source)
            if row:
                assert set(run["input"]) == sources
    assert set(answer) == {f"n{DEPTH - 1}-{column}" for column in range(WIDTH)}


def test_names_are_texts_whatever_they_say(call: Call) -> None:
    """Each node runs once, and is recorded under its name."""
    answer, record = call(HOSTILE, "/names", {"kept": "as it was"})
    assert answer == {"kept": "as it was"}
    assert [run["nodeName"] for run in sort_nodes(record)] == HOSTILE_NAMES
    assert record["workflowId"] == 'coding: latin-1 """ {x}'
    assert set(read_statuses(record).values()) == {"success"}


def test_ids_keys_and_values_are_texts_whatever_they_say(call: Call) -> None:
    """Nodes with equal names and odd ids find each other's outputs."""
    answer, record = call(HOSTILE, "/ids", {})
    assert [run["nodeId"] for run in sort_nodes(record)] == HOSTILE_IDS
    last = sort_nodes(record)[-1]["output"]
    assert answer == last
    assert last['quo"te\n'] == "a\nb\u2028'\"\\"
    assert last["static"] == "{{ not.evaluated }} %}"
    assert last["flag"] is False
    assert last[f"key {HOSTILE_IDS[-1]}"] is None
    assert f"key {HOSTILE_IDS[-2]}" in json.loads(last["before"])


def test_a_workflow_named_as_a_module_hides_none(call: Call) -> None:
    """
    A workflow with a module's name doesn't hide the module.

    The author's text of several lines is generated unchanged.
    """
    answer, _ = call(HOSTILE, "/json", {})
    assert answer == "\n  kept\n"


@pytest.mark.parametrize(
    ("tier", "ran", "left_out"), [("gold", "thanks", "offer"), ("tin", "offer", "thanks")]
)
def test_all_of_it_in_one_workflow(tier: str, ran: str, left_out: str, call: Call) -> None:
    """Validation, parallel, loop, switch, attempts, a model, expressions and globals cooperate."""
    items = [{"cents": 250, "count": 2}, {"cents": 1, "count": 3}]
    answer, record = call(MIXED, "/orders", {"items": items, "tier": tier})
    assert answer == {"total": 503, "currency": "EUR"}
    found = read_statuses(record)
    assert found.pop(left_out) == "skipped"
    assert set(found.values()) == {"success"}
    assert found.keys() == {
        *("check", "look", "stock", "customer", "each", "price", "tier", ran, "total", "done")
    }
    lines = {run["output"]["at"]: run["output"]["cents"] for run in list_runs(record, "price")}
    assert lines == {0: 500, 1: 3}
    assert {run["parentSequence"] for run in list_runs(record, "stock")} == {
        find_run(record, "look")["sequence"]
    }
    for later, earlier in (("tier", "look"), ("total", "each"), ("done", "total"), ("done", ran)):
        assert began_after(record, later, earlier)


@pytest.fixture
def dying(environment: dict[str, str], tmp_path: Path) -> Iterator[Project]:
    """Start a separate project that the test kills."""
    DYING.start(tmp_path, environment)
    yield DYING
    DYING.stop()


def test_a_process_that_is_killed_leaves_its_finished_nodes(
    dying: Project, history: IpcClient, environment: dict[str, str]
) -> None:
    """A killed run is soon shown as crashed, with its ended nodes and its begun nodes."""
    with pytest.raises(httpx.HTTPError):
        # The node waits for a second call that never comes, and its process is killed.
        until_running(history, dying)
    found: list[Json] = []

    def crashed() -> bool:
        found[:] = history.call("execution:query", [{"workflowId": "dying", "status": "error"}])
        return bool(found)

    until(crashed, "the crash to be noticed")
    record = history.call("execution:get", [found[0]["id"]])
    assert record["error"]["kind"] == "crashed"
    before = find_run(record, "before")
    assert (before["status"], before["output"]) == ("success", {"ready": True})
    assert find_run(record, "die")["status"] == "error"
    assert not list_runs(record, "after")


def until_running(history: IpcClient, dying: Project) -> None:
    """Call the workflow, and kill its process once the history shows the waiting node."""

    def kill() -> None:
        def waits() -> bool:
            found = history.call("execution:get-history", ["dying"])
            return (
                bool(found)
                and read_statuses(history.call("execution:get", [found[0]["id"]])).get("die")
                == "running"
            )

        until(waits, "the node to wait")
        dying.kill()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        dying.client.post("/dying", json={})
    finally:
        thread.join()
