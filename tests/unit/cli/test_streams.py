"""The command line with standard streams that are closed, full, or of another encoding."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.logger import ExecutionLogger

from .conftest import shell

# Tracing would take a third of the time of these many processes.
pytestmark = pytest.mark.no_cover


COMMANDS = (
    "list --db {db}",
    "show missing --db {db}",
    "export - --db {db}",
    "doctor --db {db}",
    "import - --db {db}",
    "list --nonsense",
    "--help",
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
