from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import apsw
from hypothesis import given
from hypothesis import strategies as st

from flightlog.store.ledger import MAX_RANGES, add_ranges
from flightlog.store.sqlite import SqliteStore
from flightlog.store.sqlite.queries import load_queries
from flightlog.store.sqlite.row_store import RUNNING_OF_PROCESS
from support.records import record

PLANS = {
    load_queries("reader.sql")["running_processes"]: "COVERING INDEX executions_running",
    load_queries("ledger.sql")["missing"]: "COVERING INDEX processes_incomplete",
    load_queries("ledger.sql")["incomplete"]: "INDEX processes_incomplete",
    RUNNING_OF_PROCESS: "INDEX executions_running (process_id=?)",
}


def expand(ranges: list[tuple[int, int]]) -> list[int]:
    """List the numbers in ranges, in order."""
    return [number for first, last in ranges for number in range(first, last + 1)]


@given(st.lists(st.lists(st.integers(1, 40), max_size=12), max_size=6))
def test_ranges_hold_what_was_added_and_no_more(portions: list[list[int]]) -> None:
    """
    Ranges ascend without touching and hold exactly the added numbers.

    The new numbers are counted.
    """
    ranges: list[tuple[int, int]] = []
    for portion in portions:
        before = set(expand(ranges))
        ranges, added = add_ranges(ranges, ((number, number) for number in portion))
        assert added == len(set(portion) - before)
    numbers = sorted({number for portion in portions for number in portion})
    assert expand(ranges) == numbers
    assert all(ended + 1 < begun for (_, ended), (begun, _) in pairwise(ranges))


def test_deliveries_in_order_leave_one_range_and_a_hostile_one_is_bounded(tmp_path: Path) -> None:
    """In-order deliveries leave one range. A hostile process can't enlarge a row without bounds."""
    path = tmp_path / "history.db"
    store = SqliteStore(path)
    for process_id, step in (("tidy", 1), ("hostile", 2)):
        numbers = range(step, step * 5_000, step)
        store.merge(
            [record(message={"processId": process_id, "number": number}) for number in numbers]
        )
    store.close()
    connection = apsw.Connection(str(path))
    rows = connection.execute("SELECT id, ranges, json_array_length(ranges) FROM processes")
    found = {name: (text, length) for name, text, length in rows}
    connection.close()
    assert found["tidy"][0] == "[[1,4999]]"
    assert found["hostile"][1] == MAX_RANGES


def test_the_ledgers_questions_are_answered_by_index(tmp_path: Path) -> None:
    """Indexes find the running processes, the executions of a process, and incomplete processes."""
    path = tmp_path / "history.db"
    SqliteStore(path).close()
    connection = apsw.Connection(str(path))
    for sql, index in PLANS.items():
        bound = (None,) * sql.count("?")
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", bound)]
        assert index in steps[0], sql
        assert "TEMP B-TREE" not in "".join(steps), sql
    connection.close()
