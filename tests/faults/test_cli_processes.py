from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import IO, Any

import pytest

from flightlog.logger import ExecutionLogger
from support.terminals import Terminal

PROGRAM = [sys.executable, "-m", "flightlog.cli"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Make an environment without any setting."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLIGHTLOG_")}
    return own | {
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "COLUMNS": "120",
    }


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Make a history larger than a pipe's buffer."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number:04}") for number in range(2_000)])
    return path


def record(name: str) -> dict[str, Any]:
    """Make the record of a small execution."""
    return {
        "id": name,
        "workflowId": "w",
        "workflowName": "Grüße",
        "status": "success",
        "startedAt": "2026-11-22T19:00:00Z",
        "trigger": {"type": "http", "data": {"text": "x" * 200}},
    }


def read_until(stream: IO[str], pattern: str) -> re.Match[str]:
    """Read lines until a line matches."""
    seen = []
    for line in stream:
        seen.append(line)
        if found := re.search(pattern, line):
            return found
    raise AssertionError("".join(seen))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["list"], 0),
        (["list", "--db", "none.db"], 1),
        (["list", "--foo"], 2),
        (["show", "nothing"], 3),
    ],
)
def test_a_process_ends_with_the_code_that_scripts_can_use(
    arguments: list[str], code: int, history: Path, environment: dict[str, str]
) -> None:
    """Each outcome has its own exit code; errors go to standard error, without a traceback."""
    ended = subprocess.run(
        [*PROGRAM, *arguments],
        env=environment | {"FLIGHTLOG_DB": str(history)},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == code
    assert b"Traceback" not in ended.stderr
    assert bool(ended.stderr) == bool(code)


@pytest.mark.parametrize("command", [["export"], ["list", "--limit", "1000"], ["list", "--json"]])
def test_a_reader_that_has_enough_is_no_error(
    command: list[str], history: Path, environment: dict[str, str]
) -> None:
    """
    A closed output pipe, as after `| head`, prints nothing.

    The exit code is that of a broken pipe.
    """
    child = subprocess.Popen(
        [*PROGRAM, *command, "--db", str(history)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    said = child.stderr.read()
    child.stderr.close()
    assert (child.wait(), said) == (141, b"")


def test_a_terminal_without_unicode_gets_escapes(
    history: Path, environment: dict[str, str]
) -> None:
    """An encoding without a character gets an escape in its place."""
    ended = subprocess.run(
        [*PROGRAM, "list", "--limit", "1", "--db", str(history)],
        env=environment | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert rb"Gr\xfc\xdfe" in ended.stdout


def test_a_terminal_has_colours_and_is_asked_before_erasing(
    history: Path, environment: dict[str, str]
) -> None:
    """
    On a terminal `clear` and `delete` ask, and erase nothing unless the answer is yes.

    Colours appear on a terminal, except with `NO_COLOR`.
    """
    with on_a_terminal(["clear", "w", "--db", str(history)], environment) as terminal:
        terminal.read_until(re.escape("Erase 2,000 executions of w for good? [y/N]"))
        terminal.type("n\n")
        assert terminal.end() == 1
        assert "Nothing was erased." in terminal.text
    with on_a_terminal(["delete", "run-1999", "--db", str(history)], environment) as terminal:
        terminal.read_until(r"Erase run-1999 \(Grüße, success, .*\)\s+for good\? \[y/N\]")
        terminal.type("y\n")
        assert terminal.end() == 0
        assert "Deleted run-1999." in terminal.text
    listing = ["list", "--limit", "1", "--db", str(history)]
    with on_a_terminal(listing, environment) as terminal:
        assert terminal.end() == 0
        assert "\x1b[32m●" in terminal.coloured
    with on_a_terminal(listing, environment | {"NO_COLOR": "1"}) as terminal:
        assert terminal.end() == 0
        assert "\x1b[32m" not in terminal.coloured


def on_a_terminal(arguments: list[str], environment: dict[str, str]) -> Terminal:
    """Run the program on a new terminal."""
    return Terminal([*PROGRAM, *arguments], environment)


def test_tail_prints_each_start_and_each_end_once(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Changes of other processes appear on the terminal; Ctrl-C ends the command with success."""
    running = {"status": "running", "trigger": None}
    ended = {"error": {"message": "card_declined"}, "status": "error", "revision": 2}
    with ExecutionLogger(tmp_path / "h.db") as logger:
        later = {"startedAt": "2026-11-22T19:00:01Z"}
        logger.log_executions([record("old-1"), record("old-2") | running | later])
        with on_a_terminal(
            ["tail", "-n", "1", "--db", str(tmp_path / "h.db")], environment
        ) as terminal:
            terminal.read_until("old-2")
            logger.log_execution(record("new-1") | running)
            terminal.read_until("◐ Grüße .*new-1$")
            charge = {"nodeId": "n", "nodeName": "Charge", "nodeType": "t", "status": "error"}
            logger.log_execution(record("new-1") | ended | {"nodeExecutions": [charge]})
            terminal.read_until("✕ Grüße .*new-1  Charge: card_declined$")
            logger.log_execution(record("old-2") | ended | later)
            terminal.read_until("✕ Grüße .*old-2  card_declined$")
            assert terminal.interrupt() == 0
        lines = terminal.text.replace("^C", "").splitlines()
    assert [re.findall(r"(?:old|new)-\d", line) for line in lines if line] == [
        ["old-2"],
        ["new-1"],
        ["new-1"],
        ["old-2"],
    ]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serve_takes_records_until_it_is_told_to_end(
    end: signal.Signals, tmp_path: Path, environment: dict[str, str]
) -> None:
    """`serve` prints its address and stores records; both signals end it with success."""
    with subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", "--project", str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        url = read_until(child.stdout, r"listens on (http://[^ ,]+)")[1]
        read_until(child.stdout, re.escape(str(tmp_path / ".lowcode" / "executions.db")))
        urllib.request.urlopen(
            urllib.request.Request(
                f"{url}/api/executions",
                data=json.dumps(record("a")).encode(),
                headers={"content-type": "application/json"},
            )
        ).close()
        child.send_signal(end)
        assert child.wait() == 0
    with ExecutionLogger.for_project(tmp_path) as logger:
        assert logger.get_execution("a") is not None


def test_serve_tells_of_a_port_in_use_in_one_line(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """The error for a port in use names the port and the setting for another port, in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [*PROGRAM, "serve", "--port", str(port), "--db", str(tmp_path / "a.db")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"flightlog: Port {port} on 127.0.0.1 is in use by another program.")
    assert "--port 0" in line
