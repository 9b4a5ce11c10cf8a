"""Queries: every store finds the executions that a naive scan of all records finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace

from flightlog.errors import InvalidQueryError
from flightlog.query import Expression, parse, write_query
from flightlog.record.decoding import decode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.store import scanning
from flightlog.store.metrics import WorkflowPlace
from flightlog.store.query import EVERYTHING, ExecutionQuery
from flightlog.store.writer import ExecutionStore
from support.naive_search import matches
from support.queries import READER, Pool, expressions
from support.records import record

KEYS = st.sampled_from(["a", "a", "c.d", 'q"'])
LEAVES = st.sampled_from(
    [
        "0",
        "-0.0",
        "1",
        "1.0",
        "1e0",
        "10",
        "-7.25",
        "9" * 30,
        "1E400",
        "2.5",
        "null",
        "true",
        "false",
    ]
    + [json.dumps(text) for text in ("", "a", "A-17", "STRASSE", "x y", "7", "1.0", "null", "é")]
    + ['"Stra\\u00dfe"', '"Straße"', '"注文番号"', '"jane@example.com"', '"2026-11-22"', '"\\"~*"']
)


def objects(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Make JSON objects and lists of JSON."""
    members = st.lists(st.tuples(KEYS, parts), max_size=3, unique_by=lambda member: member[0])
    return st.one_of(
        members.map(lambda each: "{" + ",".join(f"{json.dumps(k)}: {v}" for k, v in each) + "}"),
        st.lists(parts, max_size=3).map(lambda each: "[" + ", ".join(each) + "]"),
    )


PAYLOADS = st.recursive(LEAVES, objects, max_leaves=6)
TEXTS = st.sampled_from(["a", "A-17", "Straße", "b"])
POOL = Pool(
    texts=st.sampled_from(["a", "A-17", "STRASSE", "注文", "x y", "b", "7", "1.0", "", "~"]),
    numbers=st.sampled_from(["0", "-0.0", "1", "1.0", "1e0", "9" * 30, "2.5"]),
    paths=st.sampled_from([(), ("a",), ("a", "a"), ("c.d",), ("a", 0), ('q"',), ("A-17",)]),
    moments=st.sampled_from([f"2025-11-22T19:04:1{number}.000000Z" for number in range(4)]),
    durations=st.sampled_from(["0ms", "2.5ms", "4000ms"]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Make the JSON of a few executions."""
    bodies = []
    for number in range(draw(st.integers(1, 6))):
        nodes = [
            {
                "nodeId": draw(TEXTS),
                "nodeName": draw(TEXTS),
                "nodeType": draw(TEXTS),
                "status": draw(st.sampled_from(["success", "error", "skipped"])),
                "durationMs": draw(st.sampled_from([0, 2.5, 4000])),
                **({"error": {"message": draw(TEXTS)}} if draw(st.booleans()) else {}),
            }
            for _ in range(draw(st.integers(0, 3)))
        ]
        status = draw(st.sampled_from(["success", "error", "running"]))
        kind = draw(st.sampled_from(["crashed", "timeout"]))
        body = {
            "id": f"{draw(TEXTS)}-{number}",
            "workflowId": draw(TEXTS),
            "workflowName": draw(TEXTS),
            "status": status,
            "startedAt": f"202{draw(st.integers(4, 6))}-11-22T19:04:1{number}Z",
            "trigger": {"type": draw(TEXTS), "data": "PAYLOAD"},
            "nodeExecutions": [{**node, "input": "PAYLOAD", "output": "PAYLOAD"} for node in nodes],
            "tags": draw(st.dictionaries(TEXTS, TEXTS, max_size=2)),
            **(
                {"durationMs": draw(st.sampled_from([0, 2.5, 4000]))} if status != "running" else {}
            ),
            **({"error": {"message": draw(TEXTS), "kind": kind}} if status == "error" else {}),
            **(draw(st.sampled_from([{}, {"name": "a"}, {"projectId": "A-17", "retryOf": "b"}]))),
        }
        parts = json.dumps(body).split('"PAYLOAD"')
        text = parts[0] + "".join(draw(PAYLOADS) + part for part in parts[1:])
        bodies.append(text.encode())
    return bodies


def found_ids(store: ExecutionStore, expression: Expression, limit: int) -> list[str]:
    """Find the ids of all pages; every page but the last continues by its cursor."""
    ids: list[str] = []
    cursor = None
    while True:
        query = EVERYTHING.narrow(expression).make_page_query(limit=limit, cursor=cursor)
        page = store.list_summaries(query)
        ids += [summary.id for summary in page.summaries]
        assert len(page.summaries) <= limit
        assert page.older_cursor != cursor or cursor is None
        cursor = page.older_cursor
        if cursor is None:
            return ids


@settings(
    max_examples=max(settings().max_examples // 4, 20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    histories(),
    st.lists(expressions(POOL) | expressions(POOL, nodes=True), min_size=8, max_size=8),
    st.integers(1, 3),
)
def test_a_query_finds_what_a_naive_scan_finds(
    new_store: Callable[[], ExecutionStore],
    bodies: list[bytes],
    wanted: list[Expression],
    limit: int,
) -> None:
    """The same executions, newest first, whatever the pages and the limits of a scan."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "SCANNED_CANDIDATES", limit)
        store = new_store()
        store.merge([decode_execution(body) for body in bodies])
        stored = [store.get(decode_execution(body).id) for body in bodies]
        records = sorted(
            (each for each in stored if each is not None),
            key=lambda each: (each.started_at, each.id[-1]),
            reverse=True,
        )
        for expression in wanted:
            expected = [each.id for each in records if matches(each, expression)]
            assert found_ids(store, expression, limit) == expected, write_query(expression)
        store.close()


def run(number: int, **fields: Any) -> WorkflowExecution:
    """Make a run whose output has its number."""
    return record(
        f"run-{number:03d}",
        startedAt=f"2026-11-22T19:{number // 60:02d}:{number % 60:02d}.000000Z",
        nodeExecutions=[
            {
                "nodeId": "charge",
                "nodeName": "Charge",
                "nodeType": "httpRequest",
                "status": "success",
                "input": {"amount": number},
                "output": {"status": 200 + number % 5 * 100, "n": number},
            },
            {
                "nodeId": "refund",
                "nodeName": "Refund",
                "nodeType": "httpRequest",
                "status": "success",
                "input": {},
                "output": {"status": 500},
            },
        ],
        **fields,
    )


def ask(store: ExecutionStore, text: str, **page: Any) -> list[str]:
    """Find the ids of one page."""
    query = EVERYTHING.narrow(parse(text, READER)).make_page_query(**page)
    return [summary.id for summary in store.list_summaries(query).summaries]


def test_payload_terms_beside_a_node_mean_that_node(store: ExecutionStore) -> None:
    """`node:Charge output.status:500` doesn't find the status of another node."""
    store.merge([run(number) for number in range(5)])
    assert ask(store, "node:Charge output.status:500") == ["run-003"]
    assert ask(store, "output.status:500 node:charge") == ["run-003"]
    assert len(ask(store, "output.status:500")) == 5
    assert ask(store, "node:Charge output.status:500 node:Refund output.status:500") == ["run-003"]
    assert ask(store, "node:Charge output.n:1 node:Refund output.status:200") == []
    assert ask(store, "node:Charge NOT output.status:<600") == ["run-004"]
    assert ask(store, "node:Charge NOT node:Refund") == []


def test_a_scan_says_how_far_it_got(
    new_store: Callable[[], ExecutionStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that reaches its limit ends early, and its cursor continues the scan."""
    store = new_store()
    store.merge([run(number) for number in range(30)])
    monkeypatch.setattr(scanning, "SCANNED_CANDIDATES", 10)
    query = EVERYTHING.narrow(parse("output.n:3", READER))
    page = store.list_summaries(query.make_page_query(limit=5))
    assert page.summaries == ()
    assert page.searched_to == "2026-11-22T19:00:20.000000Z"
    page = store.list_summaries(query.make_page_query(limit=5, cursor=page.older_cursor))
    assert (page.summaries, page.searched_to) == ((), "2026-11-22T19:00:10.000000Z")
    page = store.list_summaries(query.make_page_query(limit=5, cursor=page.older_cursor))
    assert [summary.id for summary in page.summaries] == ["run-003"]
    # The same in lists of whole records, in both orders.
    oldest = store.find(query.make_page_query(limit=5, order="oldest", payloads=True))
    assert [each.id for each in oldest.executions] == ["run-003"]
    assert oldest.searched_to == "2026-11-22T19:00:09.000000Z"
    rest = store.find(query.make_page_query(limit=5, order="oldest", cursor=oldest.next_cursor))
    assert (rest.executions, rest.searched_to) == ((), "2026-11-22T19:00:19.000000Z")


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_a_scan_goes_on_after_a_portion_with_results(
    chunk: int, store: ExecutionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is full or complete, however far its results are from each other."""
    store.merge([run(number) for number in range(30)])
    monkeypatch.setattr(scanning, "CHUNK", chunk)
    for limit, expected in ((2, ["run-029", "run-028"]), (5, ["run-029", "run-028", "run-003"])):
        query = EVERYTHING.narrow(parse("output.n:3 OR output.n:>=28", READER))
        page = store.list_summaries(query.make_page_query(limit=limit))
        assert [summary.id for summary in page.summaries] == expected
        assert page.searched_to is None


def test_a_scan_ends_after_enough_bytes(
    store: ExecutionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit counts the examined bytes of payloads, and each shared payload only once."""
    shared = {"text": "x" * 5_000}
    store.merge(
        [
            record(
                f"run-{number}",
                startedAt=f"2026-11-22T19:04:{number:02d}Z",
                trigger={"type": "t", "data": shared},
            )
            for number in range(20)
        ]
    )
    monkeypatch.setattr(scanning, "SCANNED_BYTES", 6_000)
    monkeypatch.setattr(scanning, "CHOSEN_BYTES", 6_000)
    query = EVERYTHING.narrow(parse("trigger.text:y", READER)).make_page_query(limit=5)
    assert store.list_summaries(query).searched_to is None
    monkeypatch.setattr(scanning, "SCANNED_BYTES", 4_000)
    monkeypatch.setattr(scanning, "CHOSEN_BYTES", 4_000)
    assert store.list_summaries(query).searched_to == "2026-11-22T19:04:19.000000Z"


def test_terms_become_filters_with_an_index() -> None:
    """A status, times and stars, which every result must have, are the filter's own fields."""
    text = "status:(error,running) is:starred started:2026-11-22 after:2026-11-21 declined"
    chosen = EVERYTHING.narrow(parse(text, READER))
    assert chosen.statuses == ("running", "error")
    assert chosen.starred
    assert chosen.started_from == "2026-11-22T00:00:00.000000Z"
    assert chosen.started_before == "2026-11-23T00:00:00.000000Z"
    assert write_query(chosen.expression) == "declined"
    again = chosen.narrow(parse("status:success", READER))
    assert again.statuses == ("running", "error")
    assert write_query(again.expression) == "status:success declined"
    assert EVERYTHING.narrow(None) is EVERYTHING


def test_statistics_and_offsets_refuse_a_query(store: ExecutionStore) -> None:
    """Statistics of the whole history and offsets refuse a query that they can't answer."""
    store.merge([run(1)])
    chosen = EVERYTHING.narrow(parse("output.n:1", READER))
    with pytest.raises(InvalidQueryError, match="expression"):
        store.read_stats(chosen)
    with pytest.raises(InvalidQueryError, match="offset"):
        store.find(chosen.make_page_query(offset=1))


@pytest.mark.parametrize("text", ["output.n:(1,3,4)", "id:(run-001,run-003,run-004)"])
def test_workflows_nodes_and_periods_are_those_of_a_query(store: ExecutionStore, text: str) -> None:
    """The figures count the executions that the query chooses,."""
    for number in range(6):
        failed = {"status": "error", "durationMs": 900} if number == 3 else {}
        other = {"workflowId": "late", "workflowName": "Late"} if number == 4 else {}
        store.merge([run(number, **(failed | other))])
    store.delete("run-001")
    chosen = EVERYTHING.narrow(parse(text, READER))
    found = store.list_workflows(chosen)
    assert [(each.workflow_id, each.total, each.error) for each in found.workflows] == [
        ("late", 1, 0),
        ("order-intake", 1, 1),
    ]
    assert (found.workflows[0].workflow_name, found.searched_to) == ("Late", None)
    place = WorkflowPlace(1, "late", "")
    assert [each.workflow_id for each in store.list_workflows(chosen, 1, place).workflows] == [
        "order-intake"
    ]
    nodes = store.list_nodes(chosen, 10)
    assert {(each.workflow_id, each.node_name, each.total) for each in nodes.nodes} == {
        (workflow, node, 1)
        for workflow in ("late", "order-intake")
        for node in ("Charge", "Refund")
    }
    assert nodes.searched_to is None
    late = replace(chosen, started_from="2026-11-22T19:00:04.000000Z")
    compared = store.compare_periods(replace(late, started_before="2026-11-22T19:00:07.000000Z"))
    assert (compared.current.total, compared.current.error) == (1, 0)
    assert compared.previous is not None
    assert (compared.previous.total, compared.previous.error) == (1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("output.n:2", ["run-002"]),
        ("is:starred", ["run-004"]),
        ("status:success", []),
        ("status:error", ["run-002", "run-004"]),
        ("error:declined NOT id:run-002", ["run-004"]),
    ],
)
def test_errors_are_grouped_of_what_a_query_chooses(
    store: ExecutionStore, text: str, expected: list[str]
) -> None:
    """Terms of payloads, stars and statuses choose the failures that are grouped."""
    for number in range(5):
        failed = {"status": "error", "error": {"message": f"declined {'ab'[number // 3]}"}}
        store.merge([run(number, **(failed if number in {2, 4} else {}))])
    store.set_star("run-004", starred=True)
    found = store.group_errors(EVERYTHING.narrow(parse(text, READER)), 10)
    assert sorted(group.last_execution_id for group in found.errors) == expected
    assert found.complete


def test_a_query_combines_with_filters_and_ids(store: ExecutionStore) -> None:
    """Filters narrow a query further."""
    store.merge([run(number) for number in range(6)])
    store.set_star("run-002", starred=True)
    chosen = EVERYTHING.narrow(parse("output.n:>=2", READER))
    by_ids = ExecutionQuery(ids=("run-001", "run-002", "run-003"), expression=chosen.expression)
    assert [each.id for each in store.list_summaries(by_ids).summaries] == ["run-003", "run-002"]
    assert ask(store, "is:starred OR output.n:5") == ["run-005", "run-002"]
    assert ask(store, "is:starred output.n:5") == []


def test_deleted_values_are_not_found(store: ExecutionStore) -> None:
    """A query reads what is stored now."""
    store.merge([run(number) for number in range(3)])
    store.delete("run-001")
    assert ask(store, "any.n:(0,1,2)") == ["run-002", "run-000"]


def test_every_part_of_a_record_is_searched(store: ExecutionStore) -> None:
    """Free text is found in names, errors, tags, payloads and logs."""
    data = Raw(b'[{"message": "bank said no"}]')
    whole = record(
        "run-1",
        name="Nightly",
        tags={"customer": "acme"},
        status="error",
        error={"message": "It timed out", "type": "app.BankError", "nodeId": "charge"},
    )
    (node,) = whole.node_executions
    store.merge(
        [
            replace(whole, node_executions=(replace(node, logs=data),)),
            record("x-2", nodeExecutions=[]),
        ]
    )
    for text in (
        "nightly",
        "acme",
        "timed",
        "BankError",
        "run-1",
        "4200",
        "amount",
        "bank",
        '"bank said"',
        "tag.customer:ACME",
        "logs.message:~said",
        "error:TIMED",
        "error.type:bank",
        "error.node:charge",
    ):
        assert ask(store, text) == ["run-1"], text
    assert ask(store, "7") == ["x-2", "run-1"]
    assert ask(store, "NOT acme") == ["x-2"]
