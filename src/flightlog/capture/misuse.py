"""
Finds what a workflow sets or passes and recording ignores, such as a misspelt attribute.

An exception here would fail the workflow, so each mistake is logged once instead, by
`FaultBarrier.report_misuse`.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from flightlog.capture.details import ExecutionDetails, read_dict
from flightlog.capture.faults import FaultBarrier
from flightlog.record.model import ExecutionMode

MODES: Final = frozenset(get_args(ExecutionMode))
"""The modes of an execution."""
LATE_OUTPUT: Final = (
    "`node.output = …` after the end of the node records nothing: set the output within the node's "
    "`with` block"
)
LATE_NAME: Final = (
    "`execution.name = …` after the end of the execution records nothing: set the name within its "
    "`with` block"
)
LATE_FAILURE: Final = (
    "`fail` after the end of a run or node records nothing: call it within the `with` block"
)
_MADE: Final = frozenset(
    {"announced", "id", "open_nodes", "origins", "process", "run_id", "timeline", "token"}
)
"""The public attributes that runs set when they are made."""


def find_unknown_attributes(run: object) -> list[str]:
    """
    List the attributes that a workflow has given to a run, and that mean nothing to recording.

    Args:
        run: An execution or a node.

    Returns:
        The names, without those that begin with an underscore.
    """
    kind = type(run)
    return [
        name
        for name in vars(run)
        if name[:1] != "_" and name not in _MADE and not hasattr(kind, name)
    ]


def report_unknown_attributes(run: object, place: str, advice: str, barrier: FaultBarrier) -> None:
    """
    Report attributes that recording ignores, e.g. `node.outptu = 7`.

    Only the first runs of a process are checked, so that the checks cost a long one nothing.

    Args:
        run: The execution or the node.
        place: The variable's usual name: `node` or `execution`.
        advice: The attributes that can be set instead.
        barrier: Reports them; no fault passes it.
    """
    with barrier:
        barrier.checks_left -= 1
        for name in find_unknown_attributes(run):
            barrier.report_misuse(f"`{place}.{name} = …` records nothing: {advice}")


def find_mode(given: Any) -> str | None:
    """
    Read the mode of an execution.

    Args:
        given: The mode that was given, if any.

    Returns:
        The mode; None where none was given or the value is no mode.
    """
    # A text enumeration's member is such a text. `str.__str__` runs no code of its class.
    text = str.__str__(given) if issubclass(type(given), str) else None
    return text if text in MODES else None


def report_unusable_details(details: ExecutionDetails, barrier: FaultBarrier) -> None:
    """
    Report arguments of an execution that recording ignores because of their type or value.

    Args:
        details: The arguments.
        barrier: Reports them.
    """
    mode, tags = details.mode, details.tags
    if mode is not None and find_mode(mode) is None:
        given = repr(mode) if type(mode) is str else f"of the type {type(mode).__name__}"
        barrier.report_misuse(f"the mode {given} is ignored: use `test` or `production`")
    if tags is not None and read_dict(tags) is None:
        barrier.report_misuse(
            f"tags of the type {type(tags).__name__} are ignored: use a dict, such as "
            "`tags={'customer': '7'}`"
        )
