"""
Finds the execution and the workflow that a person means: `latest`, the start of an id, a name.

Every command that takes an id or a workflow uses these functions.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from flightlog.errors import InvalidQueryError, NotFoundError
from flightlog.store.query import EVERYTHING, ExecutionQuery
from flightlog.text import clean, format_count

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger
    from flightlog.record.model import WorkflowExecution

LATEST: Final = "latest"
"""Stands for the id of the execution that started last."""

_CANDIDATES: Final = 5
_FEW: Final = 3


def find(logger: ExecutionLogger, wanted: str | None) -> WorkflowExecution:
    """
    Read the execution that a person means.

    Args:
        logger: The history.
        wanted: The id, its first characters, or `latest`; None is `latest`.

    Returns:
        The execution with all its payloads.

    Raises:
        NotFoundError: No such execution exists.
        InvalidQueryError: Several ids begin with these characters.
    """
    # Read a complete id at once, because this is the most frequent case.
    record = None if wanted is None else logger.get_execution(wanted)
    if record is None:
        record = logger.get_execution(find_id(logger, wanted))
    if record is None:
        raise NotFoundError(wanted or LATEST)
    return record


def find_id(logger: ExecutionLogger, wanted: str | None) -> str:
    """
    Find the id of the execution that a person means.

    Args:
        logger: The history.
        wanted: The id, its first characters, or `latest`; None is `latest`.

    Returns:
        The complete id.

    Raises:
        NotFoundError: No such execution exists.
        InvalidQueryError: Several ids begin with these characters.
    """
    close = find_ids(logger, wanted) if wanted else ()
    if wanted in close or (wanted and not close and logger.reader.read_outline(wanted, 1)):
        return wanted
    if wanted is None or (wanted == LATEST and not close):
        newest = logger.query(ExecutionQuery(limit=1)).executions
        if not newest:
            raise NotFoundError(LATEST)
        return newest[0].id
    if not close:
        raise NotFoundError(wanted)
    if len(close) > 1:
        shown = ", ".join(close[:_CANDIDATES])
        more = ", and more" if len(close) > _CANDIDATES else ""
        raise InvalidQueryError(
            "ID",
            f"{wanted!r} is the beginning of several ids",
            hint=f"Write more of it; these begin so: {shown}{more}.",
        )
    return close[0]


def find_ids(logger: ExecutionLogger, start: str) -> tuple[str, ...]:
    """
    List ids that begin with a text.

    Args:
        logger: The history.
        start: The first characters of the id.

    Returns:
        The complete ids in alphabetical order; at most one more than an error message shows.
    """
    return logger.reader.find_ids(start, _CANDIDATES + 1)


def find_workflow(logger: ExecutionLogger, wanted: str) -> str | None:
    """
    Find the id of the workflow that a person means.

    Args:
        logger: The history.
        wanted: The workflow's id or its name; the case of letters is ignored where that is enough.

    Returns:
        The id; None when the history has no such workflow.

    Raises:
        InvalidQueryError: Several workflows have this name.
    """
    known = _list_workflows(logger)
    if wanted in known:
        return wanted
    folded = wanted.casefold()
    for found in (
        [key for key, name in known.items() if name == wanted],
        [key for key, name in known.items() if folded in (key.casefold(), name.casefold())],
    ):
        if len(found) > 1:
            shown = ", ".join(found[:_CANDIDATES])
            raise InvalidQueryError(
                "--workflow",
                f"{wanted!r} is the name of {format_count(len(found), 'workflow')}",
                hint=f"Write the id: {shown}{', …' if len(found) > _CANDIDATES else ''}.",
            )
        if found:
            return found[0]
    return None


def describe_unknown_workflow(logger: ExecutionLogger, wanted: str) -> str:
    """
    Say that the history has no such workflow, and which one may be meant.

    Args:
        logger: The history.
        wanted: The text that is neither the id nor the name of a workflow.

    Returns:
        One or two sentences.
    """
    known = _list_workflows(logger)
    names = [*known, *dict.fromkeys(known.values())]
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(wanted.casefold(), folded, n=1)
    part = [name for name in names if wanted.casefold() in name.casefold()]
    sentence = f"No workflow has the id or the name {clean(wanted)!r}."
    if close or part:
        return f"{sentence} Did you mean {clean(folded[close[0]] if close else part[0])!r}?"
    if known:
        shown = ", ".join(clean(key) for key in list(known)[:_FEW])
        return f"{sentence} There are: {shown}{', …' if len(known) > _FEW else ''}."
    return sentence


def name_workflow_parts(logger: ExecutionLogger, wanted: str) -> str:
    """
    Name the parts of a workflow that are workflows of their own, e.g. routes.

    Args:
        logger: The history.
        wanted: The workflow's id or name.

    Returns:
        A sentence; empty when there are none.
    """
    workflow = find_workflow(logger, wanted)
    parts = [key for key in _list_workflows(logger) if key.startswith(f"{workflow}:")]
    if not parts:
        return ""
    shown = ", ".join(repr(clean(part)) for part in parts[:_CANDIDATES])
    more = ", …" if len(parts) > _CANDIDATES else ""
    return f"Its routes are workflows of their own: {shown}{more}."


def _list_workflows(logger: ExecutionLogger) -> dict[str, str]:
    listed = logger.reader.list_workflows(EVERYTHING).workflows
    return {found.workflow_id: found.workflow_name for found in listed}
