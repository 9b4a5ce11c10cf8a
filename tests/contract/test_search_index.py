"""The search index: every store finds the same executions with the index as by a naive scan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from flightlog.query import Expression, write_query
from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Exact,
    Not,
    Or,
    Part,
    Path,
    Pattern,
)
from flightlog.query.scanner import is_literal
from flightlog.record.decoding import decode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.store import index_content
from flightlog.store.postgres import PostgresStore
from flightlog.store.postgres import indexing as postgres_indexing
from flightlog.store.postgres.retention import PortionRemover
from flightlog.store.postgres.writing import Session
from flightlog.store.pruning import Stage
from flightlog.store.query import EVERYTHING
from flightlog.store.server import scanning as server_scanning
from flightlog.store.sqlite import (
    SqliteStore,
    index_reading,
    kept_texts,
    prefilter,
    scanning,
)
from flightlog.store.writer import ExecutionStore
from support.naive_search import matches
from support.records import record

NUMBERS = (
    *("0", "-0.0", "-0", "1", "1.0", "1e0", "100", "1E2", "17.63", "1763e-2", "-9999", "-9.999e3"),
    *("12345", "12345.0", "-1.2345e4", "12345.5", "9007199254740993", "9" * 30, "1E400", "10e399"),
)
TEXTS = (
    "",
    "a",
    "jane@example.com",
    "JANE@Example.com",
    "https://shop.example/orders?id=A-17&x=1",
    "A-17",
    "a-17b",
    "SKU-00417",
    "order 2026-0000417 of jane",
    "9f8e7d65-5b4a-4321",
    "1_2_3_4_5_6",
    "card declined by the bank",
    "Declined",
    "Straße 7",
    "STRASSE",
    "İstanbul",
    "e\u0301tude",
    "\u00e9tude",
    "注文番号",
    "注文 7",
    "番号A1",
    "ﬁle_1",
    "true",
    "null",
    "1",
    "1.0",
    'say "hi"',
    "back\\slash",
    "line\nbreak",
    "nul\0byte 42",
    "😀 party",
    "a" * 40 + "1",
)
NAMES = ("a", "b", "c.d", "user_id", 'q"', "é", "", "Straße", "items")
"""Some of them are identifiers, and some need escapes."""


def leaves() -> st.SearchStrategy[str]:
    """Make the JSON of values, with and without escapes."""
    texts = st.sampled_from(TEXTS).flatmap(
        lambda text: st.sampled_from([json.dumps(text), json.dumps(text, ensure_ascii=False)])
    )
    return texts | st.sampled_from([*NUMBERS, "true", "false", "null"])


def objects(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Make JSON objects and lists of JSON."""
    names = st.sampled_from(NAMES)
    # The last of equal names is valid.
    members = st.lists(st.tuples(names, parts), min_size=1, max_size=4)
    return st.one_of(
        members.map(lambda each: "{" + ",".join(f"{json.dumps(k)}: {v}" for k, v in each) + "}"),
        st.lists(parts, max_size=3).map(lambda each: "[" + ",".join(each) + "]"),
    )


PAYLOADS = objects(st.recursive(leaves(), objects, max_leaves=4))


@st.composite
def pieces(draw: st.DrawFn) -> str:
    """Cut a piece from a text, and perhaps change its case."""
    text = draw(st.sampled_from(TEXTS + NUMBERS + NAMES).filter(lambda text: len(text) > 1))
    start = draw(st.integers(0, len(text) - 1))
    piece = text[start : draw(st.integers(start + 1, len(text)))]
    changed: str = draw(st.sampled_from([piece, piece.upper(), piece.casefold()]))
    return changed


@st.composite
def value_tests(draw: st.DrawFn) -> Any:
    """Make a test whose value is, or is nearly, in the payloads."""
    kind = draw(st.sampled_from(["exact", "exact", "part", "pattern", "any of", "range"]))
    if kind == "range":
        ends = st.none() | st.sampled_from(NUMBERS)
        return Between(draw(ends), draw(ends), draw(st.booleans()), draw(st.booleans()))
    if kind == "any of":
        return AnyOf(tuple(map(Exact, draw(st.lists(pieces(), min_size=1, max_size=3)))))
    if kind == "exact":
        text = draw(st.sampled_from(TEXTS + NUMBERS) | pieces())
        return Exact(text, is_literal=is_literal(text))
    if kind == "part":
        return Part(draw(pieces()))
    return Pattern(draw(st.sampled_from(["*{}", "{}*", "*{}*", "{}*1"])).format(draw(pieces())))


@st.composite
def conditions(draw: st.DrawFn) -> Expression:
    """Make a condition of payloads, and sometimes of a column that is indexed, too."""
    field = draw(st.sampled_from(["text"] * 3 + ["any", "any", "input", "output", "trigger", "-"]))
    if field == "-":
        column = draw(st.sampled_from(["error", "id", "node", "tag", "workflow"]))
        test = draw(value_tests())
        return Condition(column, Exact(test.text) if isinstance(test, Exact) else test)
    if field == "text":
        test = draw(value_tests())
        return Condition("text", Exact(test.text) if isinstance(test, Exact) else test)
    path: Path = tuple(draw(st.lists(st.sampled_from(NAMES) | st.integers(0, 1), max_size=2)))
    return Condition(field, draw(value_tests()), path)


EXPRESSIONS = st.recursive(
    conditions(),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: And(tuple(terms))),
        st.lists(inner, min_size=2, max_size=3).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=4,
)

COLUMNS = st.sampled_from(TEXTS).map(lambda text: text.replace("\0", "") or "-")


@st.composite
def bodies(draw: st.DrawFn, number: int) -> bytes:
    """Make the JSON of an execution, or of a change of it."""
    some = st.integers(0, 2)
    nodes = [
        {
            "nodeId": draw(COLUMNS),
            "nodeName": draw(COLUMNS),
            "nodeType": "t",
            "status": "success",
            "sequence": sequence,
            "input": "PAYLOAD",
            "output": "PAYLOAD",
            **({"error": {"message": draw(COLUMNS)}} if draw(some) else {}),
        }
        for sequence in range(draw(st.integers(1, 2)))
    ]
    status = draw(st.sampled_from(["success", "error", "running"]))
    body = {
        "id": f"Run-{number}",
        "workflowId": "w",
        "workflowName": draw(COLUMNS),
        "status": status,
        "revision": draw(st.integers(0, 5)),
        "startedAt": f"2026-11-22T19:04:{(number * 7) % 60:02d}.000000Z",
        "trigger": {"type": "t", "data": "PAYLOAD"},
        "nodeExecutions": nodes,
        "tags": draw(st.dictionaries(COLUMNS, COLUMNS, max_size=1)),
        **({"error": {"message": draw(COLUMNS)}} if status == "error" else {}),
    }
    parts = json.dumps(body).split('"PAYLOAD"')
    return (parts[0] + "".join(draw(PAYLOADS) + part for part in parts[1:])).encode()


RUNS = 6
QUESTIONS = 30
"""About how many of the questions for the stored values are asked."""
STEPS = st.lists(
    st.one_of(
        st.integers(0, RUNS - 1).flatmap(bodies),
        st.integers(0, RUNS - 1).flatmap(bodies),
        st.sampled_from(["index a portion", "index all", "prune payloads", "words", "full", "off"]),
        st.integers(0, RUNS - 1).map(lambda number: ("delete", number)),
    ),
    min_size=2,
    max_size=12,
)


def run_step(store: ExecutionStore, step: Any) -> None:
    """Change the history or its index."""
    if isinstance(step, bytes):
        store.merge([decode_execution(step)])
    elif isinstance(step, tuple):
        store.delete(f"Run-{step[1]}")
    elif step == "index a portion":
        store.index_portion()
    elif step == "index all":
        index_all(store)
    elif step == "prune payloads":
        remove_payloads(store)
    else:
        store.rebuild_index(step)


def remove_payloads(store: ExecutionStore) -> None:
    """Remove the payloads of the two oldest rows, as a budget does."""
    if isinstance(store, SqliteStore):
        database = store._database
        assert database is not None
        with database.transaction():
            database.eraser.erase_payloads([1, 2])
        return
    assert isinstance(store, PostgresStore)

    def remove(session: Session) -> None:
        found = session.connection.execute("SELECT ordinal FROM executions ORDER BY 1 LIMIT 2")
        remover = PortionRemover(
            session.connection, session.eraser, session.lock, session.index.note_stale
        )
        remover.remove(Stage.PAYLOADS, [row[0] for row in found])

    with store._lock:
        store._change(remove)


def index_all(store: ExecutionStore) -> int:
    """Index everything that waits, and count it."""
    total = 0
    while True:
        done = store.index_portion()
        total += done.executions
        if not done.more:
            return total


def found_ids(store: ExecutionStore, expression: Expression, **page: Any) -> list[str]:
    """Find the ids on all pages."""
    ids: list[str] = []
    cursor = None
    while True:
        query = EVERYTHING.narrow(expression).make_page_query(cursor=cursor, **page)
        found = store.list_summaries(query)
        ids += [summary.id for summary in found.summaries]
        cursor = found.older_cursor
        if cursor is None:
            return ids


def list_leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """List the values in a payload with their paths; numbers stay as they are written."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from list_leaves(part, (*path, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from list_leaves(part, (*path, number))
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def spell_number(text: str) -> list[str]:
    """Write a number in other ways; other texts have none."""
    if not is_literal(text) or text in {"null", "true", "false"}:
        return []
    number = Decimal(text)
    return [text for text in (f"{number:E}", f"{number:f}"[:400]) if is_literal(text)]


def ask_for_values(records: list[WorkflowExecution]) -> Iterator[Expression]:
    """Ask for what the records hold: each value at its path, anywhere, as words, and a piece."""
    for execution in records:
        nodes = [("input", node.input) for node in execution.node_executions]
        nodes += [("output", node.output) for node in execution.node_executions]
        for field, payload in nodes:
            if not isinstance(payload, Raw):
                continue
            for path, text in list_leaves(
                json.loads(bytes(payload), parse_int=str, parse_float=str)
            ):
                for spelling in {text, text.swapcase(), *spell_number(text)}:
                    exact = Exact(spelling, is_literal=is_literal(spelling))
                    yield Condition(field, exact, path)
                    yield Condition("any", exact, path[-1:])
                    yield Condition("any", exact)
                yield Condition("text", Exact(text))
                if len(text) > 1:
                    yield Condition("text", Part(text[1:]))
                    yield Condition("any", Pattern(f"*{text[-4:].swapcase()}"), path)
                yield from (Condition("text", Exact(word)) for word in text.split())
            for name in {name for name in NAMES if name.encode() in bytes(payload)}:
                yield Condition("text", Part(name[1:]))
                yield Condition("text", Exact(name))
        for name in (
            execution.workflow_name,
            *(node.node_name for node in execution.node_executions),
        ):
            yield Condition("text", Exact(name[-3:]))
            yield Condition("text", Exact(name[:2]))
            yield Condition("text", Part(name[1:]))


# Shrinking would take minutes; the failing history is short enough to read.
@settings(
    max_examples=max(settings().max_examples // 4, 16),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.tuples(bodies(0), bodies(1), bodies(2)),
    STEPS,
    st.lists(EXPRESSIONS, min_size=12, max_size=12),
    st.tuples(
        st.integers(1, 3),
        st.sampled_from([0, 1, 2_000]),
        st.sampled_from([10_000, 10_000, 250]),
        st.booleans(),
    ),
)
def test_an_index_in_any_state_changes_no_result(
    new_store: Callable[[], ExecutionStore],
    first: tuple[bytes, ...],
    steps: list[Any],
    wanted: list[Expression],
    limits: tuple[int, int, int, bool],
) -> None:
    """After any storing, deleting, merging and indexing, a query finds what a scan finds."""
    limit, few, most_bytes, is_complete = limits
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "FEW_CANDIDATES", few)
        patch.setattr(scanning, "_FREQUENT_CHUNK", limit)
        patch.setattr(scanning, "_CHOSEN_CHUNKS", (limit, 2))
        patch.setattr(scanning, "WAITING_EXECUTIONS", few)
        patch.setattr(kept_texts, "MOST_BYTES", most_bytes)
        patch.setattr(scanning, "FILTERED_ROWS", 2 * limit)
        patch.setattr(prefilter, "MISSES", limit - 1)
        patch.setattr(prefilter, "_MOST_ROWS", 1 + most_bytes // 100)
        patch.setattr(prefilter, "_MOST_BYTES", most_bytes)
        patch.setattr(index_reading, "QUIET_S", limit - 2)
        patch.setattr(index_reading, "MOST_EXECUTIONS", 2)
        patch.setattr(server_scanning, "FEW_CANDIDATES", few)
        patch.setattr(server_scanning, "_FREQUENT_CHUNK", limit)
        patch.setattr(server_scanning, "FILTERED_ROWS", 2 * limit)
        patch.setattr(postgres_indexing, "QUIET_S", limit - 2)
        patch.setattr(postgres_indexing, "MOST_EXECUTIONS", 2)
        patch.setattr(index_content, "MAX_BYTES", most_bytes)
        store = new_store()
        try:
            for step in (*first, *steps):
                run_step(store, step)
            if is_complete:
                index_all(store)
            stored = [store.get(f"Run-{number}") for number in range(RUNS)]
            records = sorted(
                (each for each in stored if each is not None),
                key=lambda each: each.started_at,
                reverse=True,
            )
            questions = list(ask_for_values(records))
            step = 1 + len(questions) // QUESTIONS
            for expression in [*wanted, *questions[len(steps) % step :: step]]:
                expected = [each.id for each in records if matches(each, expression)]
                assert found_ids(store, expression, limit=limit) == expected, write_query(
                    expression
                )
        finally:
            store.close()


def test_every_stored_value_is_found(store: ExecutionStore) -> None:
    """Each text and number is found by each question for it, and only where it is."""
    values = [*map(json.dumps, TEXTS), *NUMBERS, "true", "null"]
    records = [
        record(
            f"run-{number:02d}",
            workflowName="w",
            startedAt=f"2026-11-22T19:04:{59 - number:02d}.000000Z",
            nodeExecutions=[{**NODE, "output": Raw(f'{{"a":{value},"b":[{value}]}}'.encode())}],
        )
        for number, value in enumerate(values)
    ]
    store.merge(records)
    assert index_all(store) == len(values)
    # A server answers each question more slowly than a file.
    step = 1 if isinstance(store, SqliteStore) else 3
    for expression in list(dict.fromkeys(ask_for_values(records)))[::step]:
        expected = [each.id for each in records if matches(each, expression)]
        assert found_ids(store, expression, limit=50) == expected, write_query(expression)


NODE = {"nodeId": "n", "nodeName": "n", "nodeType": "t", "status": "success"}
