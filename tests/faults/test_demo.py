"""`flightlog demo` on a terminal, without one, and with the server's libraries alone."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from msgspec import UNSET

from flightlog.demo.runs import record_runs
from flightlog.errors import DemoFailedError
from flightlog.logger import ExecutionLogger
from flightlog.store.query import ExecutionQuery
from support.access import NOBODY
from support.terminals import Terminal
from support.waiting import until

PROGRAM = [sys.executable, "-m", "flightlog"]
OTHER_EXTRAS = ("fastapi", "starlette", "httpx", "jinja2", "apscheduler", "jsonschema", "ruff")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Make an environment in which the libraries of other extras can't be imported."""
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    for name in OTHER_EXTRAS:
        (blocked / f"{name}.py").write_text(f"raise ModuleNotFoundError(name={name!r})")
    browser = f"{sys.executable} -c \"import sys; open({str(tmp_path / 'browser')!r}, 'w')"
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLIGHTLOG_")}
    return own | {
        "PYTHONPATH": os.pathsep.join((str(blocked), os.environ.get("PYTHONPATH", ""))),
        "TMPDIR": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "BROWSER": f'{browser}.write(sys.argv[1])" %s',
    }


def test_the_demo_ends_with_the_viewer_on_a_terminal(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """The screen shows the runs and the failed run's URL; the browser's link lets the page in."""
    with Terminal([*PROGRAM, "demo"], environment) as terminal:
        url = terminal.read_until(r"Viewer +(http://127.0.0.1:(\d+)/executions/([\w-]+))")
        terminal.read_until("Ctrl-C ends the viewer")
        until((tmp_path / "browser").exists, "the browser is opened")
        until(lambda: "#" in (tmp_path / "browser").read_text(), "the browser gets the URL")
        page, _, code = (tmp_path / "browser").read_text().partition("#code=")
        assert page == url[1]
        receiver = page.partition("/executions/")[0]
        answer = httpx.post(f"{receiver}/api/sessions", json={"code": code}, headers=NOBODY)
        access = {"authorization": f"Bearer {answer.json()['session']}"}
        path = page.replace("/executions/", "/api/executions/")
        assert "CardDeclinedError" in httpx.get(path, headers=access).text
        assert httpx.get(path, headers=NOBODY).status_code == 401
        shown = terminal.text.splitlines()
        # The test's directory has a longer name than /tmp.
        shown = [line.replace(str(tmp_path), "/tmp") for line in shown]
        assert sum(max(1, -(-len(line) // 80)) for line in shown) <= 24, terminal.text
        assert terminal.interrupt() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url[2])))


def test_the_demo_ends_by_itself_without_a_terminal(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """The history has nine real runs with a failure and a crash, and no secret is left in it."""
    ended = subprocess.run(
        [*PROGRAM, "demo"],
        env=environment | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not (tmp_path / "browser").exists()
    assert ended.stdout.count("●  Order intake") == 5
    assert "Charge card: 1,047.00 EUR exceed the limit" in ended.stdout
    assert "⊗  Ticket triage" in ended.stdout
    again = re.search(r"Failure +(\S+) (-m flightlog )?(.*)$", ended.stdout, re.MULTILINE)
    assert again is not None
    shown = subprocess.run(
        [*PROGRAM, *shlex.split(again[3])], env=environment, capture_output=True, check=True
    ).stdout.decode()
    assert "└── ✕ Charge card" in shown
    assert "Order intake · workflow" not in shown
    (database,) = tmp_path.glob("flightlog-demo-*/executions.db")
    assert database.parent.stat().st_mode & 0o077 == 0
    with ExecutionLogger(database) as logger:
        page = logger.query(ExecutionQuery(payloads=True))
        ledger = logger.reader.read_ledger()
    assert (ledger.received > 30, ledger.missing) == (True, 0)
    triggers = [
        bytes(run.trigger.data)
        for run in page.executions
        if run.trigger is not None and run.trigger.data is not UNSET
    ]
    assert max(map(len, triggers)) > 400_000
    assert b"ghp_" not in b"".join(triggers)


@pytest.mark.parametrize(
    ("program", "limit", "reason"),
    [
        (["-c", "print('no such flight')"], "record_timeout_s", "Only 0 of 9 executions"),
        (["-c", "import time; time.sleep(60)"], "timeout_s", "did not end within"),
    ],
)
def test_workflows_that_fail_are_reported(
    tmp_path: Path, program: list[str], limit: str, reason: str
) -> None:
    """The error has the number of recorded executions and the last lines of output."""
    with (
        ExecutionLogger(tmp_path / "h.db") as logger,
        pytest.raises(DemoFailedError, match=reason) as caught,
    ):
        record_runs(logger, "http://127.0.0.1:1", tmp_path, program=program, **{limit: 1.0})
    if "Only" in reason:
        assert "no such flight" in caught.value.hint
