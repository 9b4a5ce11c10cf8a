"""A signal handler's exception in the middle of recording belongs to the workflow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flightlog.signal_handlers import is_interruption
from support.programs import run_program
from support.recordings import lines_in, merged

STRIKES = 60


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        *(
            (handler, kind)
            for handler in ("function", "method", "object", "lambda")
            for kind in ("KeyboardInterrupt", "SystemExit", "TimeoutError", "ValueError")
        ),
        ("function without arguments", "TimeoutError"),
        ("partial of partial", "TimeoutError"),
        ("method without arguments", "ValueError"),
        ("partial of method", "TimeoutError"),
        ("object without arguments", "TimeoutError"),
        ("function that restores", "TimeoutError"),
    ],
)
def test_what_a_signal_handler_raises_reaches_the_workflow(
    tmp_path: Path, kind: str, handler: str
) -> None:
    """The exception is neither stopped nor changed, wherever it is raised, and costs no message."""
    printed = run_program("signals_in_recording", tmp_path, kind, handler, measured=False)
    assert printed.split() == [str(STRIKES), "0", "0"]
    lines = lines_in(tmp_path)
    numbers = {json.loads(line)["message"]["number"] for line in lines}
    assert numbers == set(range(1, len(numbers) + 1))
    executions = merged(lines)
    assert sorted(one.status for one in executions) == ["error"] * STRIKES + ["success"]


def test_the_interrupt_of_python_itself_reaches_the_workflow(tmp_path: Path) -> None:
    """Ctrl-C has no Python handler that a traceback could show."""
    printed = run_program("signals_of_python_in_recording", tmp_path, measured=False)
    assert printed.split() == [str(STRIKES), "0"]


def test_the_first_record_lets_interruptions_through(tmp_path: Path) -> None:
    """A handler's TimeoutError while the spool is made is not mistaken for a disk error."""
    printed = run_program("signals_in_the_first_record", tmp_path, measured=False)
    assert printed == "3 ('struck',)\n"


def fault() -> None:
    """Raise like a value's own code."""
    raise KeyboardInterrupt


def with_a_frame(frame: object) -> None:
    """Raise in a function that gets a frame but no signal."""
    raise TimeoutError(frame)


@pytest.mark.parametrize("code", [fault, lambda: with_a_frame(None), lambda: 1 // 0])
def test_what_code_raises_by_itself_is_no_interruption(code: Callable[[], object]) -> None:
    """Values may raise anything while they are encoded, and the workflow sees none of it."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - any exception
        code()
    assert not is_interruption(caught.value)
