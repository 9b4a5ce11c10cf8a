"""Tests of the answers beside the found executions: matches, facets and counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from flightlog.query import parse
from flightlog.record.model import WorkflowExecution
from flightlog.store import matches, scanning, surveying
from flightlog.store.findings import QueryMatch
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.writer import ExecutionStore
from support.queries import READER
from support.records import record


def node(node_id: str, **fields: Any) -> dict[str, Any]:
    """Make a node execution whose name is its id with a capital letter."""
    name = node_id.capitalize()
    return {"nodeId": node_id, "nodeName": name, "nodeType": "t", "status": "success", **fields}


def order(number: int, **fields: Any) -> WorkflowExecution:
    """Make a run of two nodes."""
    return record(
        f"run-{number}",
        startedAt=f"2026-11-22T10:{number:02d}:00Z",
        durationMs=100 * number,
        trigger={"type": "http", "data": {"email": f"jane{number}@example.com"}},
        nodeExecutions=[
            node(
                "fetch", output={"status": 200, "items": [{"sku": "A-17"}, {"sku": f"B-{number}"}]}
            ),
            node("charge", input={"amount": 4_200}, output={"status": 200 + number % 3 * 101}),
        ],
        **fields,
    )


def found_in(store: ExecutionStore, text: str, execution_id: str = "run-1") -> list[QueryMatch]:
    """Find the places of one execution."""
    expression = parse(text, READER)
    assert expression is not None
    return list(store.find_matches(expression, [execution_id])[execution_id])


def mark(match: QueryMatch) -> str:
    """Write a match as node, path and snippet, with brackets around what matches."""
    text = match.snippet.encode("utf-16-le")
    for start, end in reversed(match.highlights):
        parts = text[: 2 * start], text[2 * start : 2 * end], text[2 * end :]
        text = parts[0] + "[".encode("utf-16-le") + parts[1] + "]".encode("utf-16-le") + parts[2]
    return f"{match.node}|{match.path}|{text.decode('utf-16-le')}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("trigger.email:jane1@example.com", ["None|trigger.email|[jane1@example.com]"]),
        ("output.items[].sku:B-1", ["Fetch|output.items[1].sku|[B-1]"]),
        ("node:Charge output.status:>200", ["Charge|output.status|[301]"]),
        ("output.status:>=200", ["Fetch|output.status|[200]", "Charge|output.status|[301]"]),
        ("node:Charge output.status:200", []),
        ("output.status:301 output.sku:B-1", ["Charge|output.status|[301]"]),
        ("301 4200", ["Charge|output.status|[301]", "Charge|input.amount|[4200]"]),
        ("any.sku:*", ["Fetch|output.items[0].sku|[A-17]", "Fetch|output.items[1].sku|[B-1]"]),
        ("declined", ["None|error|card [declined] by bank"]),
        ("declined card bank", ["None|error|[card] [declined] by [bank]"]),
        ("error:DECLINED", ["None|error|card [declined] by bank"]),
        ("tag.customer:acme", ["None|tag.customer|[acme]"]),
        ("tag.a.b:*", ['None|tag."a.b"|[c]']),
        ("amount", ["Charge|input.amount|[amount]: 4200"]),
        ("fetch", ["Fetch|node|[Fetch]"]),
        ("intake", ["None|workflow|Order [intake]" ]),
        ("run-1", ["None|id|[run-1]"]),
        ("NOT absent", []),
        ("amount NOT absent", ["Charge|input.amount|[amount]: 4200"]),
        ("absent OR 301", ["Charge|output.status|[301]"]),
        ("duration:>1ms", []),
        ("status:error", []),
    ],
)  # fmt: skip
def test_a_match_has_a_node_a_path_and_a_snippet(
    store: ExecutionStore, query: str, expected: list[str]
) -> None:
    """A found execution says where each term matches, at most three places."""
    failed = order(
        1,
        status="error",
        error={"message": "card declined by bank"},
        tags={"customer": "acme", "a.b": "c"},
    )
    store.merge([failed])
    assert [mark(match) for match in found_in(store, query)][: len(expected) or 1] == expected


def test_a_match_leads_to_the_payload(store: ExecutionStore) -> None:
    """The node execution and a JSON pointer are what the routes of payloads take."""
    store.merge([order(1)])
    (match,) = found_in(store, "output.items.sku:B-1")
    assert (match.node_id, match.sequence, match.pointer) == ("fetch", 0, "/items/1/sku")
    (match,) = found_in(store, "trigger:*@example.com")
    assert (match.node_id, match.sequence, match.pointer) == (None, None, "/email")
    (match,) = found_in(store, "id:run workflow OR intake")
    assert (match.path, match.pointer) == ("workflow", None)


def test_at_most_three_places_those_with_most_terms_first(store: ExecutionStore) -> None:
    """A place that has several of the words says more than the first place of each word."""
    texts = ["alpha", "alpha", "beta", "alpha beta", "beta alpha gamma"]
    store.merge([record("run-1", trigger={"type": "t", "data": texts})])
    assert [mark(match) for match in found_in(store, "alpha beta gamma")] == [
        "None|trigger[4]|[beta] [alpha] [gamma]",
        "None|trigger[3]|[alpha] [beta]",
        "None|trigger[0]|[alpha]",
    ]


def test_highlights_count_as_javascript_does(store: ExecutionStore) -> None:
    """A character beyond the basic plane counts twice, and a lone surrogate becomes U+FFFD."""
    data = Raw(b'["\\ud83d\\ude00 \\ud800 needle"]')
    whole = record("run-1")
    (only,) = whole.node_executions
    store.merge([replace(whole, node_executions=(replace(only, output=data),))])
    (match,) = found_in(store, "needle")
    assert (match.snippet, match.highlights) == ("😀 \ufffd needle", ((5, 11),))


def test_matches_are_bounded_by_the_bytes_of_payloads(
    store: ExecutionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Executions after the limit are left out, and unknown ones have no places."""
    store.merge([order(number) for number in range(3)])
    expression = parse("any.sku:A-17", READER)
    assert expression is not None
    assert set(store.find_matches(expression, ["run-0", "run-1", "x"])) == {"run-0", "run-1", "x"}
    monkeypatch.setattr(matches, "MATCHED_BYTES", 1)
    assert set(store.find_matches(expression, ["run-0", "run-1"])) == {"run-0"}


def choose(text: str, **filters: Any) -> HistoryFilter:
    """Make a filter of a query and other fields."""
    return replace(EVERYTHING, **filters).narrow(parse(text, READER))


def test_facets_count_what_a_query_chooses(store: ExecutionStore) -> None:
    """The term of each value, added to the query, chooses as many executions as it counts."""
    errors = ("timeout", "crashed", "timeout")
    store.merge(
        [order(number, tags={"customer": f"c{number % 2}"}) for number in range(4)]
        + [
            order(
                10 + number, status="error", error={"message": "no", "kind": kind}, workflowId="w"
            )
            for number, kind in enumerate(errors)
        ]
    )
    page = store.read_facets(choose("any.sku:A-17"))
    assert (page.executions, page.searched_to) == (7, None)
    shown = {
        name: [(each.value, each.label, each.count) for each in getattr(page.facets, name)]
        for name in page.facets.__struct_fields__
    }
    assert shown == {
        "workflow": [("order-intake", "Order intake", 4), ("w", "Order intake", 3)],
        "status": [("success", "success", 4), ("error", "error", 3), ("crashed", "crashed", 1)],
        "node": [("Charge", "Charge", 7), ("Fetch", "Fetch", 7)],
        "tag": [("customer:c0", "customer: c0", 2), ("customer:c1", "customer: c1", 2)],
        "error_kind": [("timeout", "timeout", 2), ("crashed", "crashed", 1)],
        "model": [],
    }
    for name in page.facets.__struct_fields__:
        for value in getattr(page.facets, name):
            narrower = choose(f"any.sku:A-17 {value.term}").make_page_query()
            assert len(store.list_summaries(narrower).summaries) == value.count, value
    (only,) = store.read_facets(choose("any.sku:B-2", workflow_ids=("order-intake",))).facets.tag
    assert (only.value, only.term) == ("customer:c0", "tag.customer:c0")


def test_facets_count_in_portions_and_say_how_far(
    new_store: Callable[[], ExecutionStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Portions add up; a count that ends early names the start of the last counted execution."""
    store = new_store()
    store.merge([order(number, tags={"odd": str(number % 2)}) for number in range(6)])
    monkeypatch.setattr(surveying, "FACETING_S", 600.0)
    whole = store.read_facets(EVERYTHING)
    assert (whole.executions, whole.searched_to) == (6, None)
    monkeypatch.setattr(surveying, "FACETED_AT_ONCE", 2)
    assert store.read_facets(EVERYTHING) == whole
    monkeypatch.setattr(scanning, "SCANNED_CANDIDATES", 1)
    (node, *_) = store.read_facets(choose("any.sku:B-0")).facets.node
    assert (node.value, node.count) == ("Charge", 1)
    monkeypatch.setattr(surveying, "FACETING_S", 0.0)
    page = store.read_facets(choose("any.sku:B-0"))
    assert (page.executions, page.searched_to) == (0, "2026-11-22T10:05:00.000000Z")
    page = store.read_facets(EVERYTHING)
    assert (page.executions, page.searched_to) == (2, "2026-11-22T10:04:00.000000Z")


@pytest.mark.parametrize("query", ["any.sku:A-17", "duration:>=0ms", "id:run node:Charge"])
def test_counts_and_series_follow_a_query(
    store: ExecutionStore, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They count the same executions as without a query that chooses all of them."""
    store.merge(
        [order(number) for number in range(4)]
        + [order(4, status="error", error={"message": "no"}), order(5, status="running")]
    )
    scope = replace(
        EVERYTHING,
        started_from="2026-11-22T10:00:00.000000Z",
        started_before="2026-11-22T10:06:00.000000Z",
    )
    chosen = scope.narrow(parse(query, READER))
    counts = store.count_by_status(chosen)
    assert (counts.total, counts.success, counts.error, counts.running) == (6, 4, 1, 1)
    assert counts == store.count_by_status(scope)
    assert store.read_series(chosen, 6) == store.read_series(scope, 6)
    assert store.read_series(chosen, 6).step_ms == 60_000
    assert store.count_by_status(replace(chosen, statuses=("error",))).total == 1
    monkeypatch.setattr("flightlog.store.searched_metrics.COUNTED_EXECUTIONS", 2)
    monkeypatch.setattr("flightlog.store.series.COUNTED_EXECUTIONS", 2)
    assert store.count_by_status(chosen).searched_to == "2026-11-22T10:04:00.000000Z"
    assert store.read_series(chosen, 6).searched_to == "2026-11-22T10:04:00.000000Z"


def test_a_series_of_a_query_begins_with_its_first_execution(store: ExecutionStore) -> None:
    """Without a start, the series begins with what the query finds, and ends now."""
    store.merge([order(number) for number in range(4)])
    series = store.read_series(choose("any.sku:B-2"), 1_000)
    assert series.points[0].start == "2026-11-22T10:02:00.000000Z"
    assert [point.success for point in series.points][:2] == [1, 0]
    nothing = store.read_series(choose("any.sku:B-9"), 10)
    assert (nothing.points, nothing.searched_to) == ((), None)
