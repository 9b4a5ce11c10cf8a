"""`flightlog backup`: copy the history into a file, also while a receiver writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import make_error_console, make_output_console, make_progress_bar
from flightlog.text import clean, format_count, format_size


def backup(
    file: Annotated[Path, Parameter(name="FILE")],
    /,
    *,
    force: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Copy the history into a file, and check the copy. A receiver may write the history meanwhile.

    The backup is one SQLite file that only its owner can read. It appears under its name when it is
    complete and checked. `flightlog restore FILE` puts it in the place of a history. Where the
    backup is is noted beside the history, for `flightlog purge`.

    Args:
        file: The file to make.
        force: Replace the file if it exists.
        history: The history to copy.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: The file exists, or can't be made.
        StoreError: The history can't be read, or is damaged.
    """
    from flightlog.store.sqlite.backup import back_up  # noqa: PLC0415 - a database
    from flightlog.store.sqlite.known_backups import note_backup  # noqa: PLC0415 - a database

    path = (history or HistoryChoice()).require_path("`flightlog backup`")
    with make_progress_bar() as progress:
        task = progress.add_task("backup", total=None)
        made = back_up(
            path,
            file,
            overwrite=force,
            on_pages=lambda done, total: progress.update(task, completed=done, total=total),
        )
    text = (
        f"Backed up {format_count(made.executions, 'execution')} to {clean(str(file))} "
        f"({format_size(made.size_bytes)}, checked)."
    )
    make_output_console().print(Text(text), soft_wrap=True)
    if not note_backup(path, file):
        note = (
            "Beside the history it can't be noted where this backup is, so `flightlog purge` won't "
            "find it."
        )
        make_error_console().print(Text(note, style="dim"), soft_wrap=True)
    return ExitCode.OK
