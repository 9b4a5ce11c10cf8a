"""`flightlog migrate`: bring a history to the current schema, or create one of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice, describe_migration
from flightlog.cli.terminal import make_output_console
from flightlog.errors import InvalidSettingError
from flightlog.store.address import CLICKHOUSE
from flightlog.text import clean

if TYPE_CHECKING:
    from flightlog.store.address import StorageAddress


def migrate(
    *,
    cluster: Annotated[str | None, Parameter(metavar="NAME")] = None,
    print_only: Annotated[bool, Parameter(name="--print", negative="")] = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Migrate a history of an older Flightlog, or of the editor's own logger, to the current schema.

    Every command that writes migrates by itself; commands that only read never do. The original
    file is kept beside the new file. The editor's own logger can't write to a migrated history.

    Args:
        cluster: Create the tables of a ClickHouse cluster: replicated, and sharded by the
            execution's id. Clusters were not tested.
        print_only: Print the statements that create the tables in ClickHouse, and run none.
        history: The history to migrate.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: An option is for ClickHouse, and the history is in another store.
        StoreError: The history can't be opened or migrated.
    """
    history = history or HistoryChoice()
    address = history.find_address()
    if cluster is not None or print_only:
        if address.scheme != CLICKHOUSE:
            option = "--print" if cluster is None else "--cluster"
            raise InvalidSettingError(
                option,
                f"is for a history in ClickHouse, and {address} is another store",
                hint="Name the history with --db clickhouse://HOST/DATABASE.",
            )
        return _create_tables(address, cluster, print_only=print_only)
    return _migrate_file(history)


def _create_tables(address: StorageAddress, cluster: str | None, *, print_only: bool) -> ExitCode:
    from flightlog.store.clickhouse import create_tables, list_statements  # noqa: PLC0415 - lazy

    if print_only:
        text = "".join(f"{each};\n\n" for each in list_statements(address.url, cluster))
        make_output_console().print(Text(text.rstrip()), soft_wrap=True)
        return ExitCode.OK
    is_new = create_tables(address.url, cluster)
    done = "Created the tables of" if is_new else "Nothing to do: there are tables in"
    make_output_console().print(Text(f"{done} {clean(str(address))}."), soft_wrap=True)
    return ExitCode.OK


def _migrate_file(history: HistoryChoice) -> ExitCode:
    from flightlog.logger import ExecutionLogger  # noqa: PLC0415 - a database

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
