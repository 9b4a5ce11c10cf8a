from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import UNSET

from flightlog.demo.child import running_workflow
from flightlog.errors import DemoFailedError
from flightlog.logger import ExecutionLogger
from flightlog.store.base import ExecutionQuery

DEMO = [sys.executable, "-m", "flightlog.cli", "demo"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Make an environment with a temporary directory of the tests."""
    return os.environ | {"TMPDIR": str(tmp_path_factory.mktemp("demo")), "COLUMNS": "120"}


@pytest.fixture(scope="module")
def shown(environment: dict[str, str]) -> str:
    """Run `flightlog demo --once` and return its output."""
    ended = subprocess.run(
        [*DEMO, "--once"], env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_the_demo_records_a_real_workflow_and_shows_it(shown: str) -> None:
    """The demo records six orders and three tickets in real processes, and kills one process."""
    told = re.search(r"The history is in (\S+);", shown)
    assert told
    database = Path(told[1])
    assert database.parent.stat().st_mode & 0o077 == 0
    assert shown.count("●  Order intake") == 5
    assert "✕ Order intake  error" in shown
    assert "└── ✕ Charge card" in shown
    assert "⊗ Ticket triage  crashed" in shown
    assert "└── ⊗ Escalate" in shown
    assert "Find customer · pythonFunction · attempt 2" in shown
    assert "correct-horse" not in shown
    with ExecutionLogger(database) as logger:
        stats = logger.get_stats("order-intake")
        page = logger.query(ExecutionQuery(payloads=True))
        tickets = logger.get_stats("ticket-triage")
        ledger = logger.ledger()
    assert (stats.total, stats.success, stats.error, stats.running) == (6, 5, 1, 0)
    assert (tickets.total, tickets.success, tickets.error, tickets.running) == (3, 2, 1, 0)
    assert ledger.received > 30
    assert ledger.missing == 0
    triggers = [
        bytes(run.trigger.data)
        for run in page.executions
        if run.trigger is not None and run.trigger.data is not UNSET
    ]
    largest = max(triggers, key=len)
    assert len(largest) > 5_000_000
    assert "配送メモ" in json.loads(largest)["note"]


def test_what_the_demo_shows_is_what_list_and_show_print(
    shown: str, environment: dict[str, str]
) -> None:
    """The commands that the demo names print the demo's output again."""
    commands = re.findall(r"^\$ \S+ (.*)$", shown, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        again = subprocess.run(
            [*DEMO[:-1], *command.split()],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert without_times(again) in without_times(shown)


def without_times(text: str) -> str:
    """Remove times, durations and layout from a text."""
    return re.sub(r" +|just now|\d+ (s|min) ago", "", text)


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_demo_stays_up_until_it_is_ended_and_leaves_no_child(
    end: signal.Signals, code: int, environment: dict[str, str]
) -> None:
    """The demo's end also ends its workflow and frees its port, whatever ends the demo."""
    with subprocess.Popen(
        DEMO, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        told = ""
        for line in demo.stdout:
            told += line
            if "Ctrl-C ends both" in line:
                break
        found = re.search(r"workflow +http://127.0.0.1:(\d+)", told)
        assert found, told
        with socket.create_connection(("127.0.0.1", int(found[1]))):
            pass
        demo.send_signal(end)
        _, said = demo.communicate()
        assert (demo.returncode, said) == (code, "")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(found[1])))


def test_a_workflow_that_cannot_start_tells_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error for a failed start has the child's output, and no child is left."""
    (tmp_path / "broken.py").write_text("raise SystemExit('no such flight')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (
        pytest.raises(DemoFailedError, match="ended before it listened") as caught,
        running_workflow("http://127.0.0.1:1", ["-m", "uvicorn", "broken:app"]),
    ):
        pass
    assert "no such flight" in caught.value.hint


def test_a_missing_library_of_the_demo_is_named(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Without FastAPI the demo prints one line with the command that installs it."""
    (tmp_path / "fastapi.py").write_text("raise ModuleNotFoundError(name='fastapi')")
    ended = subprocess.run(
        DEMO,
        env=environment | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "flightlog: This command needs fastapi, which isn't installed.\n"
        "  Run `pip install 'flightlog[demo]'`.\n"
    )
