"""`flightlog restore`: put a backup in the place of the history, and keep the old history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.audit import note_beside
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import make_output_console, make_progress_bar
from flightlog.text import clean, format_count


def restore(
    file: Annotated[Path, Parameter(name="FILE")],
    /,
    *,
    history: HistoryChoice | None = None,
) -> int:
    """
    Check a backup, and put a copy of it in the place of the history.

    The old history stays beside the new one, as `executions.db.before-restore-<time>`. No process
    may have the history open, so stop `flightlog serve` and the editor first; otherwise nothing
    changes.

    Args:
        file: The backup; it stays as it is.
        history: The history to replace; made if missing.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: The backup is the history itself.
        StoreError: The backup is damaged or missing, or a process has the history open.
    """
    from flightlog.store.sqlite.restore import restore as put_back  # noqa: PLC0415 - a database

    path = (history or HistoryChoice()).find_path("`flightlog restore`")
    with make_progress_bar() as progress:
        task = progress.add_task("restore", total=None)
        restored = put_back(
            file,
            path,
            on_pages=lambda done, total: progress.update(task, completed=done, total=total),
        )
    note_beside(path, "restore", str(file))
    text = (
        f"Restored {format_count(restored.executions, 'execution')} from {clean(str(file))} "
        f"to {clean(str(path))}."
    )
    if restored.aside is not None:
        text += f" The history before is in {clean(str(restored.aside))}."
    make_output_console().print(Text(text), soft_wrap=True)
    return ExitCode.OK
