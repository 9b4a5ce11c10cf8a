"""The runs that a query chooses are erased from databases, spools and refused records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flightlog.errors import StoreUnavailableError
from flightlog.logger import ExecutionLogger
from flightlog.purge.places import find_places
from flightlog.purge.queries import choose_runs, find_left, purge_runs
from flightlog.store.query import HistoryFilter
from support.purges import find_secret, make_history

SECRET = "a value of these runs"


def choose(_logger: ExecutionLogger) -> HistoryFilter:
    """Choose the runs of the workflow that has the value."""
    return HistoryFilter(workflow_ids=("orders",))


def test_erased_runs_are_in_no_file(tmp_path: Path) -> None:
    """The history and its backup; other runs stay."""
    history = make_history(tmp_path, SECRET)
    places = find_places(history, [tmp_path / "spool"])
    chosen = choose_runs(history, choose)
    assert len(chosen) == 5
    assert set(find_left(places, frozenset(chosen))) == {history, tmp_path / "copies" / "copy.db"}
    done, ids = purge_runs(places, choose, lambda _path: None)
    assert ids == frozenset(chosen)
    assert [(outcome.path.name, outcome.places) for outcome in done] == [
        ("history.db", 5),
        ("copy.db", 5),
    ]
    assert find_left(places, ids) == []
    assert {place.split("/")[0] for place, _ in find_secret(tmp_path, SECRET)} == {"spool"}
    with ExecutionLogger(history) as logger:
        assert logger.get_execution("plain-1") is not None
        assert logger.get_stats().total == 3


def test_messages_of_erased_runs_are_removed_from_spools(tmp_path: Path) -> None:
    """A run that is in the history and in a spool."""
    history = make_history(tmp_path, SECRET)
    with ExecutionLogger(history) as logger:
        rejected = next((tmp_path / "spool").glob("*.rejected.ndjson"))
        logger.log_execution(json.loads(rejected.read_text()))
    places = find_places(history, [tmp_path / "spool"])
    done, ids = purge_runs(places, choose, lambda _path: None)
    assert "run-100" in ids
    assert len(done) == 4
    assert find_secret(tmp_path, SECRET) == []
    assert find_left(places, ids) == []


def test_an_open_history_is_not_changed(tmp_path: Path) -> None:
    """Nothing is erased while another process has the history open."""
    history = make_history(tmp_path, SECRET)
    places = find_places(history, [])
    with ExecutionLogger(history) as logger:
        with pytest.raises(StoreUnavailableError, match="another process"):
            purge_runs(places, choose, lambda _path: None)
        assert logger.get_stats().total == 8
