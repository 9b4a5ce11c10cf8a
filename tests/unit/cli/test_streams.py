"""The command line with standard streams that are closed, full, or of another encoding."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.logger import ExecutionLogger

Flightlog = Callable[..., Any]

COMMANDS = (
    "list --db {db}",
    "show missing --db {db}",
    "export - --db {db}",
    "doctor --db {db}",
    "import - --db {db}",
    "list --nonsense",
    "--help",
)


def execution(name: str, **fields: Any) -> dict[str, Any]:
    """Build a record that the store accepts."""
    whole = {"id": name, "workflowId": "w", "workflowName": "W", "status": "success"}
    return {**whole, "startedAt": "2026-11-22T19:04:11Z", **fields}


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a shell, which redirects its streams."""
    program = f"{shlex.quote(sys.executable)} -c 'from flightlog.cli import main; main()'"
    return subprocess.run(
        ["bash", "-c", command.replace("flightlog ", f"{program} ")],
        check=False,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("redirection", "codes"),
    [
        (">&-", {0, 1, 2, 3}),
        ("2>&-", {0, 1, 2, 3}),
        (">&- 2>&- <&-", {0, 1, 2, 3}),
        ("> /dev/full", {1, 2, 3}),
        ("2> /dev/full", {0, 1, 2, 3}),
    ],
)
def test_no_command_prints_a_traceback_for_unusable_streams(
    redirection: str, codes: set[int], history: Path
) -> None:
    """A closed or full stream costs its output, with an exit code and at most one line."""
    for command in COMMANDS:
        ended = shell(f"flightlog {command.format(db=history)} {redirection}")
        errors = (ended.stdout + ended.stderr).decode()
        # The stack of a recorded failure may appear in the output; a stack of our own code may not.
        assert "flightlog/cli/" not in errors, (command, errors)
        assert "Exception ignored" not in errors, (command, errors)
        assert ended.returncode in codes, (command, ended.returncode, errors)


def test_a_closed_stream_number_is_not_given_to_the_database(history: Path) -> None:
    """Output to a closed stream never reaches a file that was opened later."""
    before = history.read_bytes()
    assert shell(f"flightlog list --db {history} >&- 2>&- <&-").returncode == 0
    assert history.read_bytes() == before
    with ExecutionLogger(history) as logger:
        assert logger.get_execution("good-1") is not None


@pytest.mark.parametrize("command", ["list", "list --json", "export -"])
def test_a_reader_that_stops_ends_the_command_quietly(command: str, history: Path) -> None:
    """`head -c 1` causes no message; the exit code is 0 or the code of a broken pipe."""
    ended = shell(f"flightlog {command} --db {history} | head -c 1; echo ${{PIPESTATUS[0]}} >&2")
    assert ended.stderr.decode().split() in (["0"], ["141"])


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_letters_that_the_encoding_lacks_are_escaped(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """A Japanese name and an error with an emoji are shown on a terminal of any encoding."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions(
            [execution("run-1", workflowName="日本", status="error", error={"message": "💥"})]
        )
    for command in ("list", "show run-1", "stats", "doctor", "show 日本"):
        ended = shell(f"flightlog {command} --db {path}", **environment)
        assert b"Traceback" not in ended.stdout + ended.stderr
        assert ended.returncode in {0, 1, 3}


@pytest.mark.parametrize("command", ["show", "delete"])
def test_an_id_that_begins_with_a_hyphen_gets_a_hint(
    command: str, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The message shows the right form, and that form works."""
    path = tmp_path / "history.db"
    for wanted in ("-abc123", "--run"):
        with ExecutionLogger(path) as logger:
            logger.log_executions([execution(wanted)])
        refused = flightlog(command, wanted, "--db", path)
        assert refused.code == 2
        assert f"flightlog {command} -- {wanted}" in refused.err
        assert flightlog(command, "--db", path, "--", wanted).code == 0


def test_a_value_that_begins_with_a_hyphen_gets_a_hint(history: Path, flightlog: Flightlog) -> None:
    """The message shows the form with `=`, and that form works."""
    refused = flightlog("list", "--workflow", "-x", "--db", history)
    assert "`--workflow=-x`" in refused.err
    assert flightlog("list", "--workflow=-x", "--db", history).code == 0


def test_a_short_prefix_names_the_ids_that_begin_so(tmp_path: Path, flightlog: Flightlog) -> None:
    """The complete id is found; an ambiguous or too short prefix lists the ids."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([execution(name) for name in ("run-1", "run-10", "run_1")])
    assert flightlog("show", "run-1", "--db", path).code == 0
    for prefix in ("run", "r"):
        refused = flightlog("show", prefix, "--db", path)
        assert refused.code == 2
        assert all(name in refused.err for name in ("run-1", "run-10", "run_1"))
