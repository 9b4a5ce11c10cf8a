from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode

Flightlog = Callable[..., Any]


def test_delete_erases_one_execution(history: Path, flightlog: Flightlog) -> None:
    """The execution is gone afterwards, and a second deletion finds nothing."""
    assert flightlog("delete", "good-1", "--db", history).out == "Deleted good-1.\n"
    assert flightlog("show", "good-1", "--db", history).code == ExitCode.NOT_FOUND
    assert flightlog("delete", "good-1", "--db", history).code == ExitCode.NOT_FOUND


def test_delete_needs_the_whole_id_where_it_cannot_ask(
    history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal, a deletion by a prefix or `latest` needs `--yes`."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    for wanted, whole in (("good", "good-1"), ("latest", "sync-1")):
        ended = flightlog("delete", wanted, "--db", history)
        assert (ended.code, f"Write the whole id, {whole}" in ended.err) == (ExitCode.USAGE, True)
        ended = flightlog("delete", wanted, "-y", "--db", history)
        assert (ended.code, ended.out) == (ExitCode.OK, f"Deleted {whole}.\n")
