"""`flightlog delete`: erase one execution. The store keeps a tombstone and refuses late records."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.identify import LATEST, find
from flightlog.cli.terminal import YES, confirmed, output_console, status_word
from flightlog.cli.text import ago, clean
from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError, NotFoundError

if TYPE_CHECKING:
    from flightlog.record.model import WorkflowExecution


def delete(
    execution: Annotated[str, Parameter(name="ID")],
    /,
    *,
    yes: Annotated[bool, YES] = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Erase one execution with all its payloads. Late records don't restore it.

    On a terminal the command asks first.

    Args:
        execution: The execution's id, its first characters, or `latest`. Without a terminal and
            without --yes, the complete id.
        yes: Don't ask.
        history: The history to change.

    Returns:
        The exit code.

    Raises:
        NotFoundError: The execution does not exist.
        InvalidQueryError: Several ids begin with these characters.
        InvalidSettingError: The id is not complete, and there is no terminal to ask on.
        StoreError: The history can't be opened or changed.
    """
    with (history or HistoryChoice()).open_to_change() as logger:
        found = find(logger, execution)
        if not yes and not _agreed(found, execution):
            output_console().print("Nothing was erased.")
            return ExitCode.FAILED
        if not logger.delete_execution(found.id):
            raise NotFoundError(found.id)
    output_console().print(Text(f"Deleted {clean(found.id)}."), soft_wrap=True)
    return ExitCode.OK


def _agreed(found: WorkflowExecution, wanted: str) -> bool:
    if sys.stdin.isatty():
        status = status_word(found.status, found.error)
        started = ago(found.started_at, utc_now().astimezone())
        described = f"{clean(found.workflow_name)}, {status}, {started}"
        return confirmed(f"Erase {clean(found.id)} ({described}) for good?")
    if found.id != wanted and (wanted == LATEST or found.id.startswith(wanted)):
        raise InvalidSettingError(
            "ID",
            f"is {wanted!r}, which is not complete, and there is no terminal to ask on",
            hint=f"Write the whole id, {clean(found.id)}, or add --yes.",
        )
    return True
