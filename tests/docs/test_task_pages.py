"""The pages of docs/record are true: their programs run and record what the pages say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from flightlog.logger import ExecutionLogger
from flightlog.record.model import WorkflowExecution
from flightlog.store.query import ExecutionQuery

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "scripts": [("nightly-report", "success", 3), ("import-orders", "success", 2)],
    "async": [("prices", "success", 4), ("chat", "success", 1)],
    "threads-and-processes": [
        ("resize", "success", 4),
        ("upload", "success", 2),
        ("count-words", "success", 2),
    ],
    "notebooks": [("churn", "success", 3)],
    "langgraph": [("triage", "success", 3)],
    "pydantic-ai": [("support-agent", "success", 4)],
}
"""For each page and program: the workflow, the status and the number of nodes of its newest run."""
LIBRARIES = {"langgraph": "langgraph", "pydantic-ai": "pydantic_ai", "celery": "celery"}
CELERY = """
if __name__ == "__main__":
    app.conf.task_always_eager = True
    app.conf.task_eager_propagates = False
    send_invoice.delay(7)
    recorder.close(60)
"""


def programs(page: str) -> list[str]:
    """List the programs of a page."""
    text = (ROOT / "docs" / "record" / f"{page}.md").read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def run(program: str, directory: Path, *command: str) -> list[WorkflowExecution]:
    """Run a program as a new user, and read its runs, newest first."""
    path = directory / "program.py"
    path.write_text(program, "utf-8")
    database = directory / "history.db"
    environment = os.environ | {
        "FLIGHTLOG_URL": f"sqlite:{database}",
        "FLIGHTLOG_SPOOL_DIR": str(directory / "spool"),
        "XDG_DATA_HOME": str(directory / "data"),
    }
    for words in ([*(command or ("-W", "error")), str(path)], ["-m", "flightlog.cli", "deliver"]):
        ended = subprocess.run(
            [sys.executable, *words],
            env=environment,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
    if not database.exists():
        return []
    with ExecutionLogger(database, read_only=True) as logger:
        listed = logger.query(ExecutionQuery()).executions
        return list(filter(None, (logger.get_execution(listed_run.id) for listed_run in listed)))


def skip_without(page: str) -> None:
    """Skip the test of a recipe whose library isn't installed."""
    library = LIBRARIES.get(page)
    if library is not None and find_spec(library) is None:
        pytest.skip(f"{library} isn't installed")


@pytest.mark.parametrize("page", PROGRAMS)
def test_each_program_runs_and_records(page: str, tmp_path: Path) -> None:
    """Each program runs unchanged, and its newest run has the described nodes."""
    skip_without(page)
    written = programs(page)
    assert len(written) == len(PROGRAMS[page])
    for number, (program, expected) in enumerate(zip(written, PROGRAMS[page], strict=True)):
        directory = tmp_path / str(number)
        directory.mkdir()
        newest = run(program, directory)[0]
        assert (newest.workflow_id, newest.status, len(newest.node_executions)) == expected


def test_the_example_program_runs(tmp_path: Path) -> None:
    """The page's test passes, beside its conftest.py, and leaves nothing in the user's history."""
    conftest, test = programs("tests")
    (tmp_path / "conftest.py").write_text(conftest, "utf-8")
    assert run(test, tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider") == []


def test_the_celery_program_runs_with_a_retry(tmp_path: Path) -> None:
    """A task that fails once has two runs of one id, and the newer names the older."""
    skip_without("celery")
    (program,) = programs("celery")
    newer, older = run(program + CELERY, tmp_path)
    assert (newer.status, older.status) == ("success", "error")
    assert newer.retry_of == older.id


@pytest.mark.parametrize("page", [*LIBRARIES])
def test_recipes_are_python_and_dated(page: str) -> None:
    """A recipe compiles, and says with which version it ran and when."""
    (program,) = programs(page)
    compile(program, page, "exec")
    text = (ROOT / "docs" / "record" / f"{page}.md").read_text("utf-8")
    assert re.search(r"^Run on \d+ \w+ 20\d\d with \S+ \d+\.\d+\.\d+", text, re.MULTILINE)
