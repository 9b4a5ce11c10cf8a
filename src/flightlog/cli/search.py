"""`flightlog search`: print the executions that a query of docs/inspect/query.md chooses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.filters import LIMIT, Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.listing import print_end, print_rows
from flightlog.cli.queries import QUERY
from flightlog.cli.terminal import make_error_console, make_output_console, write_json
from flightlog.cli.usage import choose_prices, read_sums
from flightlog.clock import utc_now
from flightlog.errors import InvalidQueryError
from flightlog.query import Expression
from flightlog.query.fields import FIELDS
from flightlog.query.reference import describe_values
from flightlog.store.findings import QueryMatch
from flightlog.store.results import Page
from flightlog.text import clean, format_age

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger

_PORTION: Final = 50
_SAVE: Final = Parameter(
    metavar="NAME",
    help="Save QUERY in the history under this name, without the other options; `--saved NAME` "
    "then stands for it.",
)
_EVERYTHING: Final = Parameter(
    name="--all", help="Print all executions that match, as they are found, and ignore --limit."
)


class FoundPage(Page, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Executions, and where they match."""

    matches: dict[str, tuple[QueryMatch, ...]]
    """The places of each execution, by its id."""


def search(
    *query: Annotated[str, QUERY],
    filters: Filters | None = None,
    limit: Annotated[int, LIMIT] = 20,
    everything: Annotated[bool, _EVERYTHING] = False,
    cursor: str | None = None,
    oldest: bool = False,
    fields: bool = False,
    save: Annotated[str | None, _SAVE] = None,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Find executions by any value: `jane@example.com`, `output.status:402`, `"card declined"`.

    The newest executions come first, and below each one the places at which it matches. Terms
    without an index, and executions that are not indexed yet, are scanned; `after:-7d` makes a scan
    short.

    Args:
        query: The query, as described in docs/inspect/query.md; in quotation marks if it has `>`
            or `"`.
        filters: Choose the executions.
        limit: The largest number of executions, 1 to 1,000.
        everything: Print all.
        cursor: Continue after the page that printed this cursor; repeat the same query.
        oldest: Print the oldest first.
        fields: List the fields of queries instead.
        save: Save the query.
        json: Print JSON: {"executions": [records without payloads], "matches": ..., ...}.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        InvalidQueryError: The query, its name, a filter, the limit or the cursor can't be used.
        NotFoundError: No saved query has the name.
        StoreError: The history can't be opened or read.
    """
    if fields:
        _print_fields(make_output_console())
        return ExitCode.OK
    chosen = filters or Filters()
    if " ".join(query).strip():
        chosen = chosen.with_query(query)
    elif not chosen.has_query:
        raise InvalidQueryError("QUERY", "is missing", hint="Write e.g. `flightlog search 402`.")
    history = history or HistoryChoice()
    if save is not None:
        _save(history, save, chosen)
    prices, chosen = choose_prices(history), chosen.with_prices(history)
    console, now = make_output_console(), utc_now()
    pages: list[FoundPage] = []
    with history.open() as logger, make_error_console().status("") as status:
        chosen = chosen.with_saved(logger)
        while not pages or (everything and cursor is not None):
            page = chosen.read_page(
                logger,
                now,
                limit=_PORTION if everything else limit,
                cursor=cursor,
                order="oldest" if oldest else "newest",
                on_progress=lambda moment: status.update(_describe_progress(moment, now)),
            )
            cursor = page.next_cursor
            pages.append(_add_matches(logger, page, chosen.choose(logger, now).expression))
            if page.executions and not json:
                sums = read_sums(logger, [each.id for each in page.executions], prices)
                status.stop()
                print_rows(console, page.executions, now, pages[-1].matches, sums=sums)
                status.start()
        found = sum(len(page.executions) for page in pages)
        hint = None if found else chosen.explain_no_match(logger, now)
    if json:
        write_json(msgspec.json.encode(_join(pages)))
    else:
        print_end(console, found, cursor, hint=hint)
    return ExitCode.OK


def _save(history: HistoryChoice, name: str, chosen: Filters) -> None:
    if chosen.query is None or chosen.saved is not None:
        raise InvalidQueryError("--save", "saves only a QUERY", hint="Leave out --saved.")
    with history.open_to_change() as logger:
        logger.writer.save_query(name, chosen.query)
    text = f"Saved as {clean(name)}; `flightlog queries` lists the saved queries."
    make_error_console().print(Text(text), soft_wrap=True)


def _describe_progress(moment: str, now: datetime) -> str:
    return f"Searching, at {format_age(moment, now)} …"


def _add_matches(logger: ExecutionLogger, page: Page, expression: Expression | None) -> FoundPage:
    ids = [execution.id for execution in page.executions]
    matches = {} if expression is None else logger.reader.find_matches(expression, ids)
    return FoundPage(executions=page.executions, next_cursor=page.next_cursor, matches=matches)


def _join(pages: Sequence[FoundPage]) -> FoundPage:
    return FoundPage(
        executions=tuple(execution for page in pages for execution in page.executions),
        next_cursor=pages[-1].next_cursor,
        matches={key: places for page in pages for key, places in page.matches.items()},
    )


def _print_fields(console: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black")
    for title in ("field", "value", "meaning", "example"):
        table.add_column(title)
    for field in FIELDS.values():
        name = f"{field.name}.…" if field.takes_path else field.name
        meaning = field.meaning.replace("`", "")
        table.add_row(name, describe_values(field).replace("`", ""), meaning, field.example)
    console.print(table)
