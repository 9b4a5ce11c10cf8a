"""The tutorial is true: its commands run, and print what the page shows."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from support.waiting import until

PAGE = (Path(__file__).parents[2] / "docs/get-started/tutorial.md").read_text(encoding="utf-8")
VOLATILE = {
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}": "ID",
    r"\d+ \w{3} 20\d\d [\d:.]+ \w+": "TIME",
    r"just now|\d+ (?:s|min) ago": "AGO",
    r"\d+(?:\.\d)? (?:ms|s)\b": "TOOK",
    r"REDACTED:[0-9a-f]+": "REDACTED",
    r"127\.0\.0\.1:\d+": "ADDRESS",
    # Only where no browser can be opened, the link has its code.
    r"/?#code=[\w-]+": "",
}


def commands() -> Iterator[tuple[str, list[str]]]:
    """List the page's commands, each with the lines that the page shows below it."""
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.splitlines()
            yield command, lines


def stable(text: str) -> str:
    """Replace ids, times, durations and layout."""
    for pattern, word in VOLATILE.items():
        text = re.sub(pattern, word, text)
    return re.sub(r" +", " ", text).strip()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Make the environment of a new user with a free port and the programs on the path."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FLIGHTLOG_", "CATALYST_", "BROWSER", "DISPLAY"))
    }
    programs = str(Path(sys.executable).parent)
    return own | {
        "PATH": os.pathsep.join((programs, os.environ["PATH"])),
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "FLIGHTLOG_PORT": str(port),
        "FLIGHTLOG_URL": f"http://127.0.0.1:{port}",
        "COLUMNS": "100",
    }


def test_the_tutorials_commands_print_what_the_page_shows(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Every line that the page shows is printed, apart from ids, times and durations."""
    (script,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "orders.py").write_text(script)
    (serve, announced), *others = commands()
    assert [command for command, lines in others if lines]
    with subprocess.Popen(
        shlex.split(serve), env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as receiver:
        assert receiver.stdout is not None
        try:
            said: list[str] = []
            while not (said and said[-1].startswith("History")):
                said.append(receiver.stdout.readline())
                assert said[-1], said
            first = [stable(line) for line in announced]
            assert stable(said[0]) == first[0]
            assert [line.split()[0] for line in first[1:]] == ["Viewer", "Workflows", "History"]
            for command, lines in others:
                if command == "flightlog list":
                    until(lambda: ended(tmp_path, environment) == 2, "both runs are recorded")
                output = run(command, tmp_path, environment)
                printed = [stable(line) for line in output.splitlines()]
                for line in lines:
                    assert line == "…" or stable(line) in printed, (command, line, output)
        finally:
            receiver.send_signal(signal.SIGTERM)
            receiver.communicate()


def run(command: str, directory: Path, environment: dict[str, str]) -> str:
    """Run one command, and return its whole output."""
    return subprocess.run(
        shlex.split(command),
        env=environment,
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout


def ended(directory: Path, environment: dict[str, str]) -> int:
    """Count the stored executions that have ended."""
    found = msgspec.json.decode(run("flightlog stats --json", directory, environment))
    return int(found["success"] + found["error"])
