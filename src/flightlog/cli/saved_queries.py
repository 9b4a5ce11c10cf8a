"""`flightlog queries`: list the queries that are saved in a history, or delete one."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import make_output_console, write_json
from flightlog.errors import NotFoundError
from flightlog.errors.requests import SAVED_QUERY
from flightlog.text import clean

_DELETE: Final = Parameter(name="--delete", metavar="NAME", help="Delete the query of this name.")


def queries(
    *,
    delete: Annotated[str | None, _DELETE] = None,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    List the saved queries, or delete one.

    `flightlog search QUERY --save NAME` and the viewer save queries. `--saved NAME` stands for such
    a query in `search`, `list`, `tail`, `stats` and `export`.

    Args:
        delete: The name of a query to delete.
        json: Print JSON: [{"name": ..., "query": ...}].
        history: The history.

    Returns:
        The exit code.

    Raises:
        NotFoundError: No saved query has the name.
        StoreError: The history can't be opened, read or changed.
    """
    history, console = history or HistoryChoice(), make_output_console()
    if delete is not None:
        with history.open_to_change() as logger:
            if not logger.writer.delete_saved_query(delete):
                raise NotFoundError(delete, what=SAVED_QUERY)
        console.print(Text(f"Deleted {clean(delete)}."), soft_wrap=True)
        return ExitCode.OK
    with history.open() as logger:
        saved = logger.reader.list_saved_queries()
    if json:
        write_json(msgspec.json.encode(saved))
        return ExitCode.OK
    if not saved:
        text = "No query is saved. `flightlog search QUERY --save NAME` saves one."
        console.print(Text(text), soft_wrap=True)
        return ExitCode.OK
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black")
    table.add_column("name")
    table.add_column("query")
    for each in saved:
        table.add_row(Text(clean(each.name)), Text(clean(each.query)))
    console.print(table)
    return ExitCode.OK
