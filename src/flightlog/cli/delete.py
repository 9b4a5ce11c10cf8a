"""
`flightlog delete`: erase one execution, or all that a query chooses.

The store keeps tombstones and refuses late records.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.audit import note_command
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.filters import Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.identify import LATEST, find
from flightlog.cli.listing import print_end, print_rows
from flightlog.cli.terminal import (
    YES,
    choose_status_word,
    confirm,
    make_error_console,
    make_output_console,
    make_progress_bar,
)
from flightlog.clock import utc_now
from flightlog.errors import InvalidQueryError, InvalidSettingError, NotFoundError
from flightlog.record.times import normalize_time
from flightlog.store.deletion import delete_chosen, list_chosen
from flightlog.text import clean, format_age, format_count

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger
    from flightlog.record.model import WorkflowExecution
    from flightlog.store.query import HistoryFilter

_SHOWN: Final = 5
_QUERY: Final = Parameter(
    name=["--query", "-q"],
    metavar="QUERY",
    help="Erase all executions that the query chooses, e.g. `trigger.userId:7021`; "
    "docs/inspect/query.md.",
)
_SAVED: Final = Parameter(
    name="--saved",
    metavar="NAME",
    help="Erase all executions that the saved query of this name chooses; see `flightlog queries`. "
    "Beside --query, those that both choose.",
)


def delete(
    execution: Annotated[str | None, Parameter(name="ID")] = None,
    /,
    *,
    query: Annotated[str | None, _QUERY] = None,
    saved: Annotated[str | None, _SAVED] = None,
    yes: Annotated[bool, YES] = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Erase one execution, or all that a query chooses, with all their payloads.

    Late records don't restore them. On a terminal the command asks first; for a query it shows how
    many executions there are, and the newest of them.

    Args:
        execution: The execution's id, its first characters, or `latest`. Without a terminal and
            without --yes, the complete id.
        query: The query.
        saved: The name of a saved query.
        yes: Don't ask; required for a query without a terminal.
        history: The history to change.

    Returns:
        The exit code.

    Raises:
        NotFoundError: The execution does not exist, or no saved query has the name.
        InvalidQueryError: Several ids begin with these characters, or the query can't be used.
        InvalidSettingError: The id is not complete, or a query is given, and there is no terminal
            to ask on.
        StoreError: The history can't be opened or changed.
    """
    has_query = query is not None or saved is not None
    if (execution is None) != has_query:
        option = "--saved" if query is None else "--query"
        fault = f"is given beside {option}" if has_query else "is missing"
        raise InvalidQueryError("ID", fault, hint="Write an id, --query QUERY, or --saved NAME.")
    history = history or HistoryChoice()
    with history.open_to_change() as logger:
        if execution is None:
            filters = Filters(query=query, saved=saved).with_prices(history)
            return _delete_by_query(logger, filters, history, yes=yes)
        found = find(logger, execution)
        if not yes and not _confirm(found, execution):
            make_output_console().print("Nothing was erased.")
            return ExitCode.FAILED
        if not logger.delete_execution(found.id):
            raise NotFoundError(found.id)
        note_command(history, "delete", f"executions/{found.id}")
    make_output_console().print(Text(f"Deleted {clean(found.id)}."), soft_wrap=True)
    return ExitCode.OK


def _delete_by_query(
    logger: ExecutionLogger, filters: Filters, history: HistoryChoice, *, yes: bool
) -> ExitCode:
    if filters.query is not None and not filters.query.strip():
        raise InvalidQueryError(
            "--query",
            "is empty",
            hint="`flightlog clear` erases a workflow, and `flightlog prune` old executions.",
        )
    now = utc_now()
    filters = replace(filters, before=normalize_time(now.isoformat())).with_saved(logger)
    chosen = filters.choose(logger, now)
    with make_error_console().status("Searching …"):
        total = sum(map(len, list_chosen(logger.reader, chosen)))
        advice = None if total else filters.explain_no_match(logger, now)
    console = make_output_console()
    if not total:
        print_end(console, 0, None, hint=advice)
        return ExitCode.NOT_FOUND
    if not yes and not _confirm_all(logger, filters, now, total):
        console.print("Nothing was erased.")
        return ExitCode.FAILED
    erased = _erase(logger, chosen, total)
    note_command(history, "delete", f"{format_count(erased, 'execution')} by a query")
    console.print(Text(f"Erased {format_count(erased, 'execution')}."), soft_wrap=True)
    return ExitCode.OK


def _erase(logger: ExecutionLogger, chosen: HistoryFilter, total: int) -> int:
    with make_progress_bar() as progress:
        task = progress.add_task("delete", total=total)
        return delete_chosen(
            logger.reader,
            logger.writer,
            chosen,
            lambda erased: progress.advance(task, erased),
        )


def _confirm_all(logger: ExecutionLogger, filters: Filters, now: datetime, total: int) -> bool:
    count = format_count(total, "execution")
    if not sys.stdin.isatty():
        raise InvalidSettingError(
            "--yes",
            "is missing, and there is no terminal to ask on",
            hint=f"Add --yes to erase {count}.",
        )
    newest = filters.read_page(logger, now, limit=_SHOWN).executions
    console = make_error_console()
    print_rows(console, newest, now)
    if total > len(newest):
        console.print(Text(f"… and {total - len(newest):,} more", style="dim"))
    return confirm(f"Erase {count} for good?")


def _confirm(found: WorkflowExecution, wanted: str) -> bool:
    if sys.stdin.isatty():
        status = choose_status_word(found.status, found.error)
        started = format_age(found.started_at, utc_now().astimezone())
        described = f"{clean(found.workflow_name)}, {status}, {started}"
        return confirm(f"Erase {clean(found.id)} ({described}) for good?")
    if found.id != wanted and (wanted == LATEST or found.id.startswith(wanted)):
        raise InvalidSettingError(
            "ID",
            f"is {wanted!r}, which is not complete, and there is no terminal to ask on",
            hint=f"Write the whole id, {clean(found.id)}, or add --yes.",
        )
    return True
