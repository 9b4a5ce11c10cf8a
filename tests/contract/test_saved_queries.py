"""Saved queries: queries that people have named."""

from __future__ import annotations

import pytest

from flightlog.errors import InvalidQueryError
from flightlog.query.parser import MAX_CHARACTERS
from flightlog.store.query import EVERYTHING
from flightlog.store.saved_queries import MAX_SAVED, SavedQuery
from flightlog.store.writer import ExecutionStore
from support.records import record


def test_a_query_is_saved_replaced_and_deleted(store: ExecutionStore) -> None:
    """A name has one query; upper case, blanks inside and signs are part of the name."""
    assert store.list_saved_queries() == ()
    store.save_query("timeouts", "error:timeout after:-7d")
    store.save_query("Big orders / €", 'output.total:>=500 "A-17"')
    store.save_query("timeouts", "error.kind:timeout")
    assert store.list_saved_queries() == (
        SavedQuery(name="Big orders / €", query='output.total:>=500 "A-17"'),
        SavedQuery(name="timeouts", query="error.kind:timeout"),
    )
    assert not store.delete_saved_query("Timeouts")
    assert store.delete_saved_query("timeouts")
    assert not store.delete_saved_query("timeouts")
    assert [each.name for each in store.list_saved_queries()] == ["Big orders / €"]


def test_saved_queries_stay_when_executions_go(store: ExecutionStore) -> None:
    """They are no executions: nothing merges, lists, counts or clears them, or announces them."""
    announced: list[str] = []
    store.merge([record("run-1", workflowId="w")])
    store.subscribe(announced.extend)
    store.save_query("one", "id:run-1")
    assert announced == []
    assert store.list_summaries(EVERYTHING.make_page_query()).summaries[0].id == "run-1"
    assert store.clear("w") == 1
    assert store.list_saved_queries() == (SavedQuery(name="one", query="id:run-1"),)


@pytest.mark.parametrize(
    ("name", "query", "parameter"),
    [
        ("", "a", "name"),
        (" a", "a", "name"),
        ("a\n", "a", "name"),
        ("a\nb", "a", "name"),
        ("a\0b", "a", "name"),
        ("\ud800", "a", "name"),
        ("\u202eevil", "a", "name"),
        ("n" * 101, "a", "name"),
        ("a", "", "query"),
        ("a", " \t", "query"),
        ("a", "status:failed", "query"),
        ("a", "stauts:error", "query"),
        ("a", "a" * (MAX_CHARACTERS + 1), "query"),
        ("a", "\ud800", "query"),
    ],
)
def test_what_is_no_name_or_no_query_is_refused(
    name: str, query: str, parameter: str, store: ExecutionStore
) -> None:
    """The error names the part at fault, and nothing is saved."""
    with pytest.raises(InvalidQueryError) as caught:
        store.save_query(name, query)
    assert caught.value.parameter == parameter
    assert store.list_saved_queries() == ()


def test_the_number_of_saved_queries_is_bounded(store: ExecutionStore) -> None:
    """A full history still takes another query for a name that it has."""
    for number in range(MAX_SAVED):
        store.save_query(f"query {number}", "a")
    with pytest.raises(InvalidQueryError, match="1,001"):
        store.save_query("one more", "a")
    store.save_query("query 7", "b")
    saved = {each.name: each.query for each in store.list_saved_queries()}
    assert (len(saved), saved["query 7"]) == (MAX_SAVED, "b")
