"""`flightlog migrate`: bring a history of an older schema to today's, after a backup."""

from __future__ import annotations

from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice, migration_text
from flightlog.cli.terminal import output_console
from flightlog.cli.text import clean


def migrate(*, history: HistoryChoice | None = None) -> int:
    """
    Bring a history of an older Flightlog, or of the editor's own logger, to today's schema.

    Every command that writes does so by itself; those that read never do. The file as it was is
    kept beside it. The editor's own logger can't write to a history that was migrated.

    Args:
        history: Which history.
    """
    from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - a database

    history = history or HistoryChoice()
    path = history.existing()
    with ExecutionLogger(path) as logger:
        version = logger.health().schema_version
        text = (
            f"Nothing to do: {clean(str(path))} has schema {version} already."
            if logger.migration is None
            else migration_text(path, logger.migration)
        )
    output_console().print(Text(text), soft_wrap=True)
    return ExitCode.OK
