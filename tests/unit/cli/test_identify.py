from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.identify import find_id, find_workflow
from flightlog.errors import InvalidQueryError, NotFoundError
from flightlog.logger import ExecutionLogger
from support.editor import make_editor_database
from support.records import record

Flightlog = Callable[..., Any]


def test_a_prefix_of_any_length_finds_the_only_execution_that_begins_so(tmp_path: Path) -> None:
    """The age of the execution and the length of the prefix don't matter; a whole id is exact."""
    names = ["a", "ab", "b-1", "ä-1", *(f"run-{number:04}" for number in range(2_000))]
    with ExecutionLogger(tmp_path / "h.db") as logger:
        logger.log_executions([record(name) for name in names])
        for wanted, found in (
            ("b", "b-1"),
            ("ä", "ä-1"),
            ("a", "a"),
            ("ab", "ab"),
            ("run-0000", "run-0000"),
            ("run-199", None),
            ("run-1", None),
            ("", None),
            ("run-x", NotFoundError),
        ):
            if isinstance(found, str):
                assert find_id(logger, wanted) == found
                continue
            with pytest.raises(found or (InvalidQueryError, NotFoundError)):
                find_id(logger, wanted)
        with pytest.raises(InvalidQueryError) as caught:
            find_id(logger, "run-199")
        assert "run-1990, run-1991, run-1992, run-1993, run-1994, and more" in caught.value.hint


def test_an_execution_named_latest_hides_the_keyword(tmp_path: Path) -> None:
    """`latest` is the newest execution, unless an execution has that id."""
    with ExecutionLogger(tmp_path / "h.db") as logger:
        with pytest.raises(NotFoundError):
            find_id(logger, "latest")
        logger.log_execution(record("old", startedAt="2026-11-21T00:00:00Z"))
        logger.log_execution(record("new", startedAt="2026-11-22T00:00:00Z"))
        assert find_id(logger, "latest") == find_id(logger, None) == "new"
        logger.log_execution(record("latest", startedAt="2020-11-22T00:00:00Z"))
        assert find_id(logger, "latest") == "latest"


def test_a_reused_id_is_its_newest_run(tmp_path: Path) -> None:
    """Earlier runs of an id don't make the id ambiguous, and their addresses find them."""
    with ExecutionLogger(tmp_path / "h.db") as logger:
        for number in (1, 2):
            run_id = str(uuid.UUID(int=number))
            logger.log_execution(record("job-7", runId=run_id, tags={"n": str(number)}))
        assert find_id(logger, "job") == "job-7"
        newest = logger.get_execution("job-7")
        assert newest is not None
        assert newest.retry_of is not None
        assert find_id(logger, newest.retry_of) == newest.retry_of


def test_prefixes_work_in_an_editors_history(tmp_path: Path, flightlog: Flightlog) -> None:
    """A history of the older schema is searched as it is."""
    make_editor_database(tmp_path / "executions.db", later_columns=True)
    ended = flightlog("show", "run-1", "--db", tmp_path / "executions.db")
    assert ended.code == 0
    ended = flightlog("show", "run", "--db", tmp_path / "executions.db")
    assert (ended.code, "is the beginning of several ids" in ended.err) == (2, True)


def test_a_list_of_an_application_names_its_routes(tmp_path: Path, flightlog: Flightlog) -> None:
    """Where the application's own workflow has no match, the routes are suggested."""
    with ExecutionLogger(tmp_path / "h.db") as logger:
        for number, workflow in enumerate(("shop", "shop:GET /a/{b}", "shopper")):
            logger.log_execution(record(f"run-{number}", workflowId=workflow))
    found = flightlog("list", "shop", "--failed", "--db", tmp_path / "h.db").out
    assert "Its routes are workflows of their own: 'shop:GET /a/{b}'." in found
    found = flightlog("list", "shopper", "--failed", "--db", tmp_path / "h.db").out
    assert "routes" not in found


def test_a_workflow_is_found_by_id_and_by_name(tmp_path: Path) -> None:
    """The id comes first; letter case is ignored; a name of two workflows is refused."""
    with ExecutionLogger(tmp_path / "h.db") as logger:
        for workflow, name in (("a", "Orders"), ("b", "Sync"), ("Orders", "Other"), ("c", "sync")):
            logger.log_execution(record(f"run-{workflow}", workflowId=workflow, workflowName=name))
        assert find_workflow(logger, "Orders") == "Orders"
        assert find_workflow(logger, "Sync") == "b"
        assert find_workflow(logger, "OTHER") == "Orders"
        assert find_workflow(logger, "none") is None
        with pytest.raises(InvalidQueryError, match="name of 2 workflows"):
            find_workflow(logger, "SYNC")
