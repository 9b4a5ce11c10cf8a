"""`flightlog migrate`: migrate a history of an older schema to the current one, after a backup."""

from __future__ import annotations

from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice, describe_migration
from flightlog.cli.terminal import make_output_console
from flightlog.text import clean


def migrate(*, history: HistoryChoice | None = None) -> int:
    """
    Migrate a history of an older Flightlog, or of the editor's own logger, to the current schema.

    Every command that writes migrates by itself; commands that only read never do. The original
    file is kept beside the new file. The editor's own logger can't write to a migrated history.

    Args:
        history: The history to migrate.

    Returns:
        The exit code.

    Raises:
        StoreError: The history can't be opened or migrated.
    """
    from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - a database

    history = history or HistoryChoice()
    path = history.require_path("`flightlog migrate`")
    with ExecutionLogger(path) as logger:
        version = logger.reader.health().schema_version
        text = (
            f"Nothing to do: {clean(str(path))} has schema {version} already."
            if logger.migration is None
            else describe_migration(path, logger.migration)
        )
    make_output_console().print(Text(text), soft_wrap=True)
    return ExitCode.OK
