from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode

Flightlog = Callable[..., Any]


def test_clear_without_a_terminal_needs_yes(
    history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal for the question, nothing is erased."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    ended = flightlog("clear", "orders", "--db", history)
    assert ended.code == ExitCode.USAGE
    assert "Add --yes to erase 3 executions of orders." in ended.err
    ended = flightlog("clear", "orders", "--yes", "--db", history)
    assert (ended.code, ended.out) == (ExitCode.OK, "Erased 3 executions of orders.\n")
    ended = flightlog("clear", "orders", "--db", history)
    assert (ended.code, ended.out) == (ExitCode.OK, "Erased 0 executions of orders.\n")
    assert json.loads(flightlog("stats", "--json", "--db", history).out)["total"] == 1
