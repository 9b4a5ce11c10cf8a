from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flightlog import __version__
from flightlog.cli.overview import COMMANDS, overview


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("help",)])
def test_help_lists_every_command(
    arguments: tuple[str, ...], flightlog: Callable[..., Any]
) -> None:
    """The output has one line for each command."""
    ended = flightlog(*arguments)
    assert (ended.code, ended.out, ended.err) == (0, overview() + "\n", "")
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
