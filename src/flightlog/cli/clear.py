"""`flightlog clear`: erase all executions of a workflow, after the user's confirmation."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.audit import note_command
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.identify import find_workflow
from flightlog.cli.terminal import YES, confirm, make_output_console, make_progress_bar
from flightlog.errors import InvalidSettingError
from flightlog.text import clean, format_count


def clear(
    workflow: Annotated[str, Parameter(name="WORKFLOW")],
    /,
    *,
    yes: Annotated[bool, YES] = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Erase all executions of a workflow with all their payloads.

    Args:
        workflow: The workflow's id or its name.
        yes: Don't ask; required without a terminal.
        history: The history to change.

    Returns:
        The exit code.

    Raises:
        InvalidQueryError: Several workflows have the name.
        InvalidSettingError: There is no terminal for the question, and no --yes.
        StoreError: The history can't be opened or changed.
    """
    history = history or HistoryChoice()
    with history.open_to_change() as logger:
        workflow = find_workflow(logger, workflow) or workflow
        total = logger.get_stats(workflow).total
        name = clean(workflow)
        if total and not yes and not _confirm(name, total):
            make_output_console().print("Nothing was erased.")
            return ExitCode.FAILED
        with make_progress_bar() as progress:
            task = progress.add_task("clear", total=total)
            cleared = logger.clear_workflow_executions(
                workflow, on_progress=lambda erased: progress.advance(task, erased)
            )
        note_command(history, "delete", f"workflows/{workflow}/executions")
    make_output_console().print(
        Text(f"Erased {format_count(cleared, 'execution')} of {name}."), soft_wrap=True
    )
    return ExitCode.OK


def _confirm(name: str, total: int) -> bool:
    if not sys.stdin.isatty():
        raise InvalidSettingError(
            "--yes",
            "is missing, and there is no terminal to ask on",
            hint=f"Add --yes to erase {format_count(total, 'execution')} of {name}.",
        )
    return confirm(f"Erase {format_count(total, 'execution')} of {name} for good?")
