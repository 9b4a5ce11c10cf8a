from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from flightlog import __version__
from flightlog.cli.overview import COMMANDS, write_overview


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("help",)])
def test_help_lists_every_command(
    arguments: tuple[str, ...], flightlog: Callable[..., Any]
) -> None:
    """The output has one line for each command."""
    ended = flightlog(*arguments)
    assert (ended.code, ended.out, ended.err) == (0, write_overview() + "\n", "")
    assert all(f"  {command.name} " in ended.out for command in COMMANDS)


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself(command: str, flightlog: Callable[..., Any]) -> None:
    """`flightlog COMMAND --help` succeeds and names the command."""
    ended = flightlog(command, "--help")
    assert ended.code == 0
    assert f"flightlog {command}" in ended.out


def test_the_version_is_told(flightlog: Callable[..., Any]) -> None:
    """`--version` prints only the version."""
    assert flightlog("--version").out == f"{__version__}\n"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_no_library(option: str) -> None:
    """The texts of the program as a whole come from modules that import nothing installed."""
    script = (
        "import sys; from flightlog.cli import run; "
        f"run([{option!r}]); print(*sys.modules, file=sys.stderr)"
    )
    # Run without coverage, because the measurement of child processes imports libraries.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
    }
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    loaded = set(ended.stderr.split())
    assert "flightlog.cli" in loaded
    assert not loaded & {"msgspec", "cyclopts", "rich", "apsw", "litestar", "inspect", "asyncio"}
    own = {name.split(".")[1] for name in loaded if name.startswith("flightlog.")}
    assert own == {"cli", "errors", "text", "version"}
