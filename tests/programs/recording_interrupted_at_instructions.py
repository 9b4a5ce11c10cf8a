"""
Interrupt recording by a signal at chosen instructions, each in a process of its own.

Usage: DIRECTORY MOMENT HANDLER FIRST STEP. MOMENT is `first` or `later` (which record is
interrupted), HANDLER `records` or `raises` (what the handler does). The signal comes at the
instructions FIRST, FIRST + STEP, and so on, until recording ends before the instruction comes.
Prints the number of interruptions, and a line for each that had a wrong effect.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from types import FrameType
from typing import Any

from flightlog.capture import Recorder


class DeadlineError(Exception):
    """Raised by the workflow's own handler."""


class Interruption:
    """
    Raises a signal when an instruction is reached.

    Args:
        number: Which instruction outside this file, counted from 1.
    """

    def __init__(self, number: int) -> None:
        self.left = number
        self.place = ""

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Count an instruction; called by Python."""
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_code.co_filename != __file__:
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                code = frame.f_code
                self.place = f"{code.co_filename}:{frame.f_lineno} {code.co_name} {frame.f_lasti}"
                signal.raise_signal(signal.SIGALRM)
        return self.trace


def record(recorder: Recorder, trigger: str) -> None:
    """Record an execution of one node."""
    with recorder.execution(trigger=trigger) as execution, execution.node("n"):
        pass


def interrupt(number: int, directory: str, moment: str, handler: str) -> tuple[str, str]:
    """
    Record, and interrupt this at an instruction.

    Returns:
        The place that was interrupted, empty if recording ended before, and what was wrong.
    """
    recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=directory, drain_timeout_s=1)

    def handle(*_: object) -> None:
        if handler == "raises":
            raise DeadlineError
        record(recorder, "signal")

    signal.signal(signal.SIGALRM, handle)
    if moment == "later":
        record(recorder, "before")
    interruption = Interruption(number)
    has_raised = False
    sys.settrace(interruption.trace)
    try:
        record(recorder, "main")
    except DeadlineError:
        has_raised = True
    finally:
        sys.settrace(None)
    appended = recorder.status().appended
    record(recorder, "after")
    status = recorder.status()
    wrong = []
    if has_raised != (handler == "raises" and bool(interruption.place)):
        wrong.append("the handler's exception did not reach the workflow")
    if status.appended == appended:
        wrong.append("nothing is recorded any more")
    if status.lost or status.swallowed:
        wrong.append(f"{status.lost} lost, {status.swallowed} swallowed")
    return interruption.place, ", ".join(wrong)


def interrupt_in_a_child(number: int, moment: str, handler: str) -> bool:
    """Interrupt in a forked process; return whether the instruction was reached."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as directory:
        child = os.fork()
        if child == 0:
            place, wrong = interrupt(number, directory, moment, handler)
            if wrong:
                print(number, place, wrong, flush=True)
            # No thread, finalizer or `atexit` function of the test may run.
            os._exit(0 if place else 3)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in {0, 3}:
        print(number, f"ended with {code}")
    return code != 3


def main() -> None:
    """Interrupt at one instruction after the other."""
    moment, handler, first, step = sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    number = first
    while interrupt_in_a_child(number, moment, handler):
        number += step
    print((number - first) // step)


main()
