"""A signal handler's exception in the middle of recording belongs to the workflow."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flightlog.signal_handlers import find_interruption, is_interruption
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
    assert sorted(execution.status for execution in executions) == ["error"] * STRIKES + ["success"]


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


class DeadlineError(Exception):
    """Raised by the handler of these tests."""


@pytest.fixture
def _raising_handler() -> Iterator[None]:
    def handle(*_: object) -> None:
        raise DeadlineError

    before = signal.signal(signal.SIGUSR1, handle)
    yield
    signal.signal(signal.SIGUSR1, before)


def release_after_an_interruption() -> None:
    """Fail in a `finally`, because the interruption came before the lock was taken again."""
    lock = threading.Lock()
    try:
        signal.raise_signal(signal.SIGUSR1)
    finally:
        lock.release()


@pytest.mark.usefixtures("_raising_handler")
def test_an_interruption_that_a_finally_replaced_is_found() -> None:
    """The caught exception is `RuntimeError: release unlocked lock`."""
    with pytest.raises(RuntimeError) as caught:
        release_after_an_interruption()
    assert isinstance(find_interruption(caught.value), DeadlineError)


def release_while_an_interruption_is_handled() -> RuntimeError:
    """Suppress a fault as recording does, in code that a handler of exceptions calls."""
    try:
        threading.Lock().release()
    except RuntimeError as error:
        return error
    raise AssertionError


@pytest.mark.usefixtures("_raising_handler")
def test_an_interruption_that_the_workflow_handles_is_not_raised_again() -> None:
    """The workflow has it already; the fault of recording only has it as its context."""
    try:
        signal.raise_signal(signal.SIGUSR1)
    except DeadlineError:
        error = release_while_an_interruption_is_handled()
    assert isinstance(error.__context__, DeadlineError)
    assert find_interruption(error) is None
