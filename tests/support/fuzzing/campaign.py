"""Fuzzes one target: for a number of inputs in this process, or for a time in a watched process."""

from __future__ import annotations

import hashlib
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Final

from msgspec import Struct

from support.fuzzing.mutation import Mutator
from support.fuzzing.targets import Target

SLOW_S: Final = 10.0
"""An input of at most 64 KB that takes more processor time counts as a hang."""
_MAX_CORPUS: Final = 5_000
_FOLLOWED: Final = 4


class Fault(Struct, frozen=True, kw_only=True):
    """An input that crashed or hung a target."""

    target: str
    """The target's name."""
    data: bytes
    """The input."""
    reason: str
    """The traceback, or the time."""


class Outcome(Struct, kw_only=True):
    """The results of fuzzing a target."""

    inputs: int = 0
    """The number of inputs."""
    lines: int = 0
    """The number of lines that the inputs reached."""
    slowest_s: float = 0.0
    """The most processor time of an input, seconds."""
    faults: list[Fault] = []
    """The faults, one for each place."""


def fuzz(
    target: Target,
    *,
    seed: int,
    goes_on: Callable[[Outcome], bool],
    before: Callable[[bytes], None] = lambda data: None,
) -> Outcome:
    """
    Fuzz a target in this process.

    Args:
        target: The target.
        seed: The seed of all choices.
        goes_on: Checks whether to go on after each input.
        before: Called with each input before it runs.

    Returns:
        The results.
    """
    random = Random(seed)
    outcome, mutator = Outcome(), Mutator(random, target.words)
    corpus = target.seeds()
    reached: set[Any] = set()
    places: set[str] = set()
    waiting = list(corpus)
    while goes_on(outcome):
        is_seed = bool(waiting)
        data = waiting.pop() if is_seed else mutator.mutate(corpus)
        before(data)
        lines: set[Any] = set()
        began = time.process_time()
        try:
            # Following lines takes most of the time, so only some inputs are followed.
            with _following(target, lines, follow=is_seed or outcome.inputs % _FOLLOWED == 0):
                target.run(data)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            _note(outcome, target, data, places, error)
        spent = time.process_time() - began
        outcome.slowest_s = max(outcome.slowest_s, spent)
        if spent > SLOW_S:
            outcome.faults.append(Fault(target=target.name, data=data, reason=f"{spent:.1f} s"))
        if lines - reached and len(corpus) < _MAX_CORPUS:
            reached |= lines
            corpus.append(data)
        outcome.inputs += 1
        outcome.lines = len(reached)
    return outcome


def _note(
    outcome: Outcome, target: Target, data: bytes, places: set[str], error: BaseException
) -> None:
    stack = traceback.extract_tb(error.__traceback__)
    place = f"{type(error).__name__} {stack[-1].filename}:{stack[-1].lineno}"
    if place not in places:
        places.add(place)
        reason = "".join(traceback.format_exception(error)[-12:])
        outcome.faults.append(Fault(target=target.name, data=data, reason=reason))


@contextmanager
def _following(target: Target, lines: set[Any], *, follow: bool) -> Iterator[None]:
    if not follow:
        yield
        return

    def trace_call(frame: FrameType, event: str, arg: Any) -> Any:
        return (
            trace_line if frame.f_globals.get("__name__", "").startswith(target.packages) else None
        )

    def trace_line(frame: FrameType, event: str, arg: Any) -> Any:
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace_line

    previous = sys.gettrace()
    sys.settrace(trace_call)
    try:
        yield
    finally:
        sys.settrace(previous)


def keep(fault: Fault, place: Path) -> Path:
    """
    Keep the input of a fault in a file.

    Args:
        fault: The fault.
        place: The directory.

    Returns:
        The file.
    """
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{fault.target}-{hashlib.sha256(fault.data).hexdigest()[:12]}"
    file.write_bytes(fault.data)
    return file
