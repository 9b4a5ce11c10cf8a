from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.query.fields import FIELDS


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (("card_declined",), ["failed-1"]),
        (("status:error", "OR", "is:running"), ["running-1", "failed-1"]),
        (("error:card NOT workflow:sync",), ["failed-1"]),
        (("id:good",), ["good-1"]),
        (("after:-1000w", "status:success"), ["sync-1", "good-1"]),
    ],
    ids=repr,
)
def test_search_lists_what_the_query_chooses(
    query: tuple[str, ...], ids: list[str], history: Path, flightlog: Callable[..., Any]
) -> None:
    """The words of a query may be one argument or several."""
    page = json.loads(flightlog("search", *query, "--json", "--db", history).out)
    assert [execution["id"] for execution in page["executions"]] == ids
    listed = json.loads(
        flightlog("list", "--query", " ".join(query), "--json", "--db", history).out
    )
    del page["matches"]
    assert listed == page


def test_search_goes_on_from_a_cursor(history: Path, flightlog: Callable[..., Any]) -> None:
    """A page prints the cursor of the next page."""
    first = json.loads(
        flightlog("search", "status:*", "--json", "-n", 1, "--db", history).out or "{}"
    )
    assert first == {}
    query = ("search", "NOT id:zz", "--json", "-n", 3, "--db", history)
    page = json.loads(flightlog(*query).out)
    rest = json.loads(flightlog(*query, "--cursor", page["nextCursor"]).out)
    assert [each["id"] for each in page["executions"] + rest["executions"]] == [
        "sync-1",
        "running-1",
        "failed-1",
        "good-1",
    ]


def test_a_fault_names_the_column(history: Path, flightlog: Callable[..., Any]) -> None:
    """The exit code is that of a wrong command line."""
    ended = flightlog("search", "status:failed", "--db", history)
    assert ended.code == 2
    assert "`QUERY` can't be read at column 8" in ended.err
    assert ended.err.splitlines()[1:4] == [
        "  status:failed",
        "         ^^^^^^",
        "  status:error",
    ]
    assert flightlog("search", "--db", history).code == 2
    assert flightlog("search", "a", "--query", "b", "--db", history).code == 2


def test_no_match_says_what_was_searched(history: Path, flightlog: Callable[..., Any]) -> None:
    """A search without a result isn't silent."""
    ended = flightlog("search", "jane@example.com", "--db", history)
    assert ended.code == 0
    assert "No execution matches." in ended.out
    assert "Searched: id, workflow, name, error, node, tag, trigger, input, out" in ended.out


def test_export_takes_a_query(history: Path, flightlog: Callable[..., Any]) -> None:
    """Only the chosen executions are exported."""
    ended = flightlog("export", "-", "--query", "card_declined", "--db", history)
    assert [json.loads(line)["id"] for line in ended.out.splitlines()] == ["failed-1"]


def test_a_result_says_where_it_matches(history: Path, flightlog: Callable[..., Any]) -> None:
    """Below each execution are the node, the path and the value."""
    lines = flightlog("search", "card_declined", "--db", history).out.splitlines()
    assert lines[2:] == ["   error  card_declined", "   Charge error  card_declined"]
    lines = flightlog("search", "input.amount:>=4200", "--db", history).out.splitlines()
    assert lines[2:] == ["   Charge input.amount  4200"]
    page = json.loads(flightlog("search", "charged", "-n", 1, "--json", "--db", history).out)
    assert page["matches"]["sync-1"] == [
        {
            "node": "Charge",
            "nodeId": "charge",
            "sequence": 0,
            "path": "output.charged",
            "pointer": "/charged",
            "snippet": "charged: true",
            "highlights": [[0, 7]],
        }
    ]


def test_all_results_are_printed_in_portions(
    history: Path, flightlog: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--all` continues to the end, and leaves no cursor."""
    monkeypatch.setattr("flightlog.cli.search._PORTION", 1)
    shown = flightlog("search", "NOT id:zz", "--all", "-n", 2, "--db", history).out
    ids = ["sync-1", "running-1", "failed-1", "good-1"]
    places = [shown.index(key) for key in ids]
    assert places == sorted(places)
    assert "--cursor" not in shown
    page = json.loads(flightlog("search", "NOT id:zz", "--all", "--json", "--db", history).out)
    assert ([each["id"] for each in page["executions"]], page["nextCursor"]) == (ids, None)


def test_the_fields_are_listed(flightlog: Callable[..., Any]) -> None:
    """The table of the language needs no history."""
    shown = flightlog("search", "--fields").out
    for field in FIELDS.values():
        assert field.name in shown
    assert "running, success, error, crashed" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("output.charge:*",), "Searched: output."),
        (("output.orderId:*",), "`any.orderId:*` finds 4 executions."),
        (("card_declined", "workflow:sync"), "`card_declined` finds 1 execution."),
        (("status:error", "error:timed out"), "e.g. 'error:\"timed out\"'."),
        (("'any.a:1'",), "write double ones around the query"),
        (("status:error", "error:none"), "`status:error` finds 1 execution."),
    ],
)  # fmt: skip
def test_an_empty_result_names_the_nearest_query(
    words: tuple[str, ...], advice: str, history: Path, flightlog: Callable[..., Any]
) -> None:
    """The advice is a query that has results, or a mistake that shells cause."""
    ended = flightlog("search", *words, "--db", history)
    assert (ended.code, advice in ended.out) == (0, True), ended.out


def test_a_comparison_that_the_shell_took_is_explained(
    history: Path, flightlog: Callable[..., Any]
) -> None:
    """`output.status:>=500` without quotation marks reaches the program as `output.status:`."""
    commands = ("search",), ("list",), ("list", "--query"), ("stats",), ("tail",), ("export", "-")
    for command in commands:
        ended = flightlog(*command, "output.status:", "--db", history)
        assert (ended.code, ended.out) == (2, "")
        assert "e.g. 'output.status:>=500'" in ended.err


@pytest.mark.parametrize("command", ["list", "stats", "export"])
def test_other_commands_take_a_query_too(
    command: str, history: Path, flightlog: Callable[..., Any]
) -> None:
    """The words may be a workflow or a query, as arguments or as an option."""

    def ask(*arguments: str) -> str:
        return str(flightlog(command, *arguments, "--db", history).out)

    assert ask("input.amount:>4000") == ask("--query", "input.amount:>4000")
    assert ask("error:card", "NOT", "is:running") == ask("--query", "error:card NOT is:running")
    if command != "export":
        assert ask("Order", "intake") == ask("--workflow", "orders")
        assert ask("sync") == ask("-w", "Sync")
    else:
        lines = ask("-", "sync").splitlines()
        assert [json.loads(line)["id"] for line in lines] == ["sync-1"]


def test_a_saved_query_stands_for_its_text(history: Path, flightlog: Callable[..., Any]) -> None:
    """`--save` saves the query alone; `--saved` narrows each command that takes a query."""
    saved = flightlog("search", "status:error", "--save", "Failures", "--json", "--db", history)
    assert [each["id"] for each in json.loads(saved.out)["executions"]] == ["failed-1"]
    assert "Saved as Failures" in saved.err
    for command in (["search"], ["list"], ["search", "card_declined"], ["list", "status:error"]):
        ended = flightlog(*command, "--saved", "Failures", "--json", "--db", history)
        assert [each["id"] for each in json.loads(ended.out)["executions"]] == ["failed-1"]
    exported = flightlog("export", "-", "--saved", "Failures", "--db", history)
    assert [json.loads(line)["id"] for line in exported.out.splitlines()] == ["failed-1"]
    counted = flightlog("stats", "--saved", "Failures", "--json", "--db", history)
    assert json.loads(counted.out)["total"] == 1
    none = flightlog("search", "id:good", "--saved", "Failures", "--db", history)
    assert "No execution matches." in none.out


def test_saved_queries_are_listed_and_deleted(history: Path, flightlog: Callable[..., Any]) -> None:
    """Without any, the command says how to save one."""
    assert "No query is saved." in flightlog("queries", "--db", history).out
    flightlog("search", "status:error after:-7d", "--save", "Failures", "--db", history)
    assert "status:error after:-7d" in flightlog("queries", "--db", history).out
    listed = json.loads(flightlog("queries", "--json", "--db", history).out)
    assert listed == [{"name": "Failures", "query": "status:error after:-7d"}]
    assert flightlog("queries", "--delete", "Failures", "--db", history).code == 0
    missing = flightlog("queries", "--delete", "Failures", "--db", history)
    assert missing.code == flightlog("search", "--saved", "Failures", "--db", history).code == 3
    assert "There is no saved query 'Failures'" in missing.err


def test_a_query_that_cannot_be_saved_is_refused(
    history: Path, flightlog: Callable[..., Any]
) -> None:
    """A saved query can't be saved again, and a mistake isn't saved."""
    flightlog("search", "status:error", "--save", "one", "--db", history)
    again = flightlog("search", "a", "--saved", "one", "--save", "two", "--db", history)
    assert again.code == 2
    assert flightlog("search", "status:failed", "--save", "two", "--db", history).code == 2
    assert len(json.loads(flightlog("queries", "--json", "--db", history).out)) == 1
