"""The settings of a manifest and of the editor decide which executions are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flightlog.clock import utc_now
from flightlog.ipc.recording import RecordingRules, read_settings
from flightlog.logger import ExecutionLogger
from flightlog.record.model import Message, WorkflowExecution
from flightlog.store.query import ExecutionQuery
from support.records import record


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The directory of a project without a manifest."""
    return tmp_path


@pytest.fixture
def history(project: Path) -> Iterator[ExecutionLogger]:
    """The project's history."""
    with ExecutionLogger.for_project(project) as logger:
        yield logger


@pytest.fixture
def rules() -> RecordingRules:
    """Rules without any settings."""
    return RecordingRules(utc_now)


def write_manifest(project: Path, folder: str = ".catalyst", **settings: Any) -> None:
    """Write a manifest with `executionLogging`."""
    path = project / folder / "manifest.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"workflows": {}, "executionLogging": settings}))


def ids(history: ExecutionLogger) -> list[str]:
    """List the ids of all executions, sorted."""
    return sorted(found.id for found in history.query(ExecutionQuery()).executions)


def message(name: str, number: int, **fields: Any) -> WorkflowExecution:
    """Make a message of Flightlog's own capture."""
    given = record(name, revision=number, **fields)
    return WorkflowExecution(
        **{
            **{field: getattr(given, field) for field in given.__struct_fields__},
            "message": Message(process_id="p", number=number),
        }
    )


def test_without_settings_everything_is_kept(
    project: Path, history: ExecutionLogger, rules: RecordingRules
) -> None:
    """The default settings keep all executions for ever."""
    old = (datetime.now(UTC) - timedelta(days=4_000)).isoformat()
    rules.store(history, str(project), [record("a", startedAt=old), record("b", status="error")])
    assert rules.clean(history, str(project)) == 0
    assert ids(history) == ["a", "b"]


@pytest.mark.parametrize(
    ("level", "kept"), [("all", ["bad", "good", "on"]), ("success", ["good", "on"]),
                        ("error", ["bad", "on"])]
)  # fmt: skip
def test_a_level_keeps_what_ended_so(
    project: Path, history: ExecutionLogger, rules: RecordingRules, level: str, kept: list[str]
) -> None:
    """Runs under way are kept until they end."""
    write_manifest(project, enabled=True, retentionDays=0, logLevel=level)
    records = [
        record("good"),
        record("bad", status="error"),
        record("on", status="running", completedAt=None),
    ]
    rules.store(history, str(project), records)
    assert ids(history) == kept


def test_a_run_that_ends_unwanted_is_erased_and_stays_so(
    project: Path, history: ExecutionLogger, rules: RecordingRules
) -> None:
    """A message that comes late does not bring the run back."""
    write_manifest(project, enabled=True, retentionDays=0, logLevel="error")
    late = message("a", 1, status="running", completedAt=None)
    rules.store(history, str(project), [message("a", 2, status="running", completedAt=None)])
    assert ids(history) == ["a"]
    rules.store(history, str(project), [message("a", 3)])
    rules.store(history, str(project), [late])
    assert ids(history) == []


def test_disabled_records_nothing_new(
    project: Path, history: ExecutionLogger, rules: RecordingRules
) -> None:
    """A run that began before is recorded to its end."""
    rules.store(history, str(project), [record("a", status="running", completedAt=None)])
    write_manifest(project, enabled=False, retentionDays=0, logLevel="all")
    rules.store(history, str(project), [record("a"), record("b")])
    assert ids(history) == ["a"]
    found = history.get_execution("a")
    assert found is not None
    assert found.status == "success"


def test_only_the_newest_of_a_workflow_are_kept(
    project: Path, history: ExecutionLogger, rules: RecordingRules
) -> None:
    """Starred executions, running ones, and other workflows' are kept."""
    write_manifest(
        project, enabled=True, retentionDays=0, logLevel="all", maxExecutionsPerWorkflow=2
    )

    def start(minute: int) -> str:
        return f"2026-11-22T19:{minute:02}:00Z"

    first = [record("star", startedAt=start(0)), record("other", workflowId="nightly")]
    first.append(record("on", startedAt=start(1), status="running", completedAt=None))
    rules.store(history, str(project), first)
    history.writer.set_star("star", starred=True)
    for minute in range(10, 15):
        rules.store(history, str(project), [record(f"r{minute}", startedAt=start(minute))])
    assert ids(history) == ["on", "other", "r13", "r14", "star"]


def test_retention_erases_when_a_project_is_opened(
    project: Path, history: ExecutionLogger, rules: RecordingRules
) -> None:
    """Only executions older than so many days are erased."""
    now = datetime.now(UTC)
    for days in (1, 29, 31):
        started = (now - timedelta(days=days)).isoformat()
        history.log_execution(record(f"d{days}", startedAt=started))
    write_manifest(project, enabled=True, retentionDays=30, logLevel="all")
    assert rules.clean(history, str(project)) == 1
    assert ids(history) == ["d1", "d29"]


def test_the_manifest_precedes_the_editors_settings_unless_they_override_it(
    project: Path, rules: RecordingRules
) -> None:
    """A changed manifest applies at once; `.catalyst` precedes `.lowcode`."""
    rules.settings = read_settings({"logLevel": "error"})
    assert rules.find_settings(str(project)).log_level == "error"
    write_manifest(project, ".lowcode", logLevel="success")
    assert rules.find_settings(str(project)).log_level == "success"
    write_manifest(project, logLevel="all", retentionDays=7)
    assert rules.find_settings(str(project)).log_level == "all"
    (project / ".catalyst" / "manifest.json").write_text("{")
    assert rules.find_settings(str(project)).log_level == "error"
    rules.settings = read_settings({"logLevel": "success", "overridesManifest": True})
    write_manifest(project, logLevel="all")
    assert rules.find_settings(str(project)).log_level == "success"
    assert rules.find_settings(None).log_level == "success"


def test_a_value_that_is_no_setting_counts_as_absent() -> None:
    """As in the editor, an unknown level keeps everything."""
    given = {"enabled": "no", "logLevel": "some", "retentionDays": -1, "other": 1}
    assert read_settings(given) == read_settings({})
    assert read_settings({"maxExecutionsPerWorkflow": 5}).max_executions_per_workflow == 5
