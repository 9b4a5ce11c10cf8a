"""Several histories at once: opened when needed, closed when unused, each with its own records."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.errors import StoreClosedError, StoreUnavailableError
from flightlog.ipc.projects import MAX_OPEN, OpenProjects
from flightlog.logger import ExecutionLogger
from support.records import record

from .conftest import lend


def log(histories: OpenProjects, project: str, *ids: str) -> None:
    """Store executions in a project's history."""
    with ExecutionLogger.for_project(project) as logger:
        logger.log_executions([record(execution_id) for execution_id in ids])


def test_a_few_stay_open_and_the_current_one_always(
    histories: OpenProjects, projects: list[str]
) -> None:
    """Every project can be used, however many projects there are."""
    for project in projects:
        log(histories, project, "a")
    for project in projects[1:]:
        with lend(histories, project) as logger:
            assert logger.get_execution("a") is not None
    open_now = [history.project for history in histories.list_open()]
    assert len(open_now) == MAX_OPEN
    assert histories.current.project == projects[0]
    assert projects[0] in open_now
    with lend(histories) as logger:
        assert logger.get_execution("a") is not None


def test_who_is_lent_a_history_keeps_it(histories: OpenProjects, projects: list[str]) -> None:
    """A lent history stays open while many others are opened and closed."""
    for project in projects:
        log(histories, project, "a")
    with lend(histories, projects[1]) as logger:
        for project in projects[2:]:
            with lend(histories, project):
                pass
        assert logger.get_execution("a") is not None


def test_one_directory_written_in_two_ways_is_one_project(
    histories: OpenProjects, projects: list[str], tmp_path: Path
) -> None:
    """Links and dots in a path don't change the project."""
    link = tmp_path / "link"
    link.symlink_to(projects[0])
    for written in (str(link), f"{projects[0]}/.", f"{projects[1]}/../project-0"):
        with lend(histories, written) as logger, lend(histories) as current:
            assert logger is current


def test_a_failure_to_open_is_told_each_time_and_leaves_nothing(
    histories: OpenProjects, projects: list[str], tmp_path: Path
) -> None:
    """The current history stays current after a failed switch."""
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            histories.switch(str(tmp_path / "nowhere"))
    assert [history.project for history in histories.list_open()] == [projects[0]]
    histories.close()
    with pytest.raises(StoreClosedError), lend(histories):
        pass
