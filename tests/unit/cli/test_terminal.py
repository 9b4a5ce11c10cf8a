from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.logger import ExecutionLogger

from .conftest import execution, shell


def test_an_errors_kind_and_type_stand_before_its_message(stored: Callable[..., Any]) -> None:
    """For an exception only its type is shown, because almost every error is an exception."""
    error = {"message": "no route", "type": "httpx.ConnectError", "kind": "exception"}
    assert "\nhttpx.ConnectError: no route\n" in stored(status="error", error=error).out


def test_a_timeout_says_so_before_its_type(stored: Callable[..., Any]) -> None:
    """The kind precedes the exception's class."""
    error = {"message": "5 s", "type": "httpx.ReadTimeout", "kind": "timeout"}
    assert "\ntimeout: httpx.ReadTimeout: 5 s\n" in stored(status="error", error=error).out


def test_a_crash_has_its_own_mark(stored: Callable[..., Any]) -> None:
    """An error of kind `crashed` has another mark than other errors."""
    ended = stored(status="error", error={"message": "The process died", "kind": "crashed"})
    assert ended.out.startswith("⊗ W  crashed")


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
