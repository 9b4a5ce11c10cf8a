"""`flightlog clear`: erase all executions of a workflow, after the user's confirmation."""

from __future__ import annotations

import sys

from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import error_console, output_console, progress_bar
from flightlog.cli.text import clean, count
from flightlog.errors import InvalidSettingError


def clear(
    workflow: str,
    /,
    *,
    yes: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Erase all executions of a workflow with all their payloads.

    Args:
        workflow: The workflow's id.
        yes: Don't ask; required without a terminal.
        history: The history to change.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: There is no terminal for the question, and no --yes.
        StoreError: The history can't be opened or changed.
    """
    with (history or HistoryChoice()).open_to_change() as logger:
        total = logger.get_stats(workflow).total
        name = clean(workflow)
        if total and not yes and not _confirmed(name, total):
            output_console().print("Nothing was erased.")
            return ExitCode.FAILED
        with progress_bar() as progress:
            task = progress.add_task("clear", total=total)
            cleared = logger.clear_workflow_executions(
                workflow, on_progress=lambda erased: progress.advance(task, erased)
            )
    output_console().print(Text(f"Erased {count(cleared, 'execution')} of {name}."), soft_wrap=True)
    return ExitCode.OK


def _confirmed(name: str, total: int) -> bool:
    if not sys.stdin.isatty():
        raise InvalidSettingError(
            "--yes",
            "is missing, and there is no terminal to ask on",
            hint=f"Add --yes to erase {count(total, 'execution')} of {name}.",
        )
    question = Text(f"Erase {count(total, 'execution')} of {name} for good? [y/N] ")
    error_console().print(question, end="", soft_wrap=True)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
