"""`flightlog purge`: remove a value, or runs, from all files, and prove it with a raw search."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.audit import note_beside
from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.filters import Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.settings import SETTINGS, choose
from flightlog.cli.terminal import YES, confirm, make_error_console, make_output_console
from flightlog.clock import utc_now
from flightlog.errors import InvalidQueryError, InvalidSettingError
from flightlog.record.times import normalize_time
from flightlog.text import clean, format_count, format_size

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger
    from flightlog.purge.forms import ValueForms
    from flightlog.purge.places import Places
    from flightlog.purge.values import OnFile, Outcome
    from flightlog.store.query import HistoryFilter

_STDIN: Final = "-"
_MOST_VALUE_BYTES: Final = 1 << 20
_VALUE: Final = Parameter(
    name="--value",
    allow_leading_hyphen=True,
    metavar="-",
    help="Remove a value. `-` asks for it on a terminal, and reads it from standard input "
    "otherwise; a value is never an argument, because arguments are kept in the shell's history "
    "and shown in the list of processes.",
)
_VALUE_FILE: Final = Parameter(
    metavar="FILE", help="Remove the value that a file contains, without its last line break."
)
_QUERY: Final = Parameter(
    name=["--query", "-q"],
    metavar="QUERY",
    help="Erase the runs that a query chooses, e.g. `trigger.userId:7021`; docs/inspect/query.md.",
)
_NOT_SEARCHED: Final = (
    "Not searched: exports and copies that were made elsewhere, backups made before Flightlog "
    "remembered them, browsers, terminals, and the blocks of the disk that no file uses any more."
)
_NEXT: Final = (
    "To keep such values out of later records, add a rule: `redact_keys`, `redact_patterns` or "
    "`redact_rules` (docs/record/redaction.md). If the value gives access to something, replace it "
    "there."
)


def purge(
    *,
    value: Annotated[str | None, _VALUE] = None,
    value_file: Annotated[Path | None, _VALUE_FILE] = None,
    query: Annotated[str | None, _QUERY] = None,
    dry_run: bool = False,
    yes: Annotated[bool, YES] = False,
    delete_unreadable: bool = False,
    spool_dir: Annotated[
        Path | None, Parameter(help=SETTINGS["spool_dir"].summary, metavar="DIR")
    ] = None,
    history: HistoryChoice | None = None,
) -> int:
    """
    Remove what should never have been recorded from all files, and search the raw files for it.

    With a value, texts and payloads keep everything else, and `[purged]` stands for the value. With
    a query, the chosen runs are erased. Both work on the history, the files beside it, the backups
    that `flightlog backup` made, and the spools. No process may have the history open: stop
    `flightlog serve` first. A purge that was interrupted is completed by running it again.

    Args:
        value: See above.
        value_file: See above.
        query: See above.
        dry_run: Show where the value is, or how many runs there are, and change nothing. A receiver
            may run.
        yes: Don't ask; required without a terminal.
        delete_unreadable: Delete damaged files beside the history that have the value and can't be
            rewritten.
        spool_dir: See the settings.
        history: The history.

    Returns:
        The exit code: 0 if the value is nowhere any more, 75 if only spools of living processes
        have it, otherwise 1.

    Raises:
        InvalidSettingError: The value or an option can't be used.
        InvalidQueryError: The query can't be used.
        StoreError: The history can't be rewritten; nothing was changed.
    """
    if sum(each is not None for each in (value, value_file, query)) != 1:
        raise InvalidSettingError(
            "--value", "or --value-file or --query is needed, one of them", hint="E.g. --value -."
        )
    chosen = history or HistoryChoice()
    places = _find_places(chosen, spool_dir)
    if query is not None:
        filters = Filters(query=query).with_prices(chosen)
        return _purge_query(places, filters, dry_run=dry_run, yes=yes)
    from flightlog.purge.forms import ValueForms  # noqa: PLC0415 - lazy

    forms = ValueForms(_read_value(value, value_file))
    return _purge_value(
        places,
        forms,
        dry_run=dry_run,
        yes=yes,
        delete_unreadable=delete_unreadable,
        find_again=lambda: _find_places(chosen, spool_dir),
    )


def _find_places(history: HistoryChoice, spool_dir: Path | None) -> Places:
    from flightlog.purge.places import find_places  # noqa: PLC0415 - a database
    from flightlog.spool import find_default_spool_dir, list_fallback_spool_dirs  # noqa: PLC0415 - lazy

    path = history.require_path("`flightlog purge`")
    chosen = choose(history.collect_sources(spool_dir=spool_dir), "spool_dir").get("spool_dir")
    return find_places(path, (chosen or find_default_spool_dir(), *list_fallback_spool_dirs()))


def _read_value(value: str | None, value_file: Path | None) -> str:
    if value_file is not None:
        try:
            with value_file.open("rb") as file:
                return _decode(file.read(_MOST_VALUE_BYTES))
        except OSError as error:
            raise InvalidSettingError(
                "--value-file",
                f"names {value_file}, which can't be read ({error.strerror})",
                hint="Name a file that has only the value.",
            ) from error
    if value != _STDIN:
        raise InvalidSettingError(
            "--value",
            "is a value itself, which the shell's history and the list of processes now have",
            hint="Use `--value -`, which asks for it, and remove the line from the history of "
            "your shell.",
        )
    if sys.stdin.isatty():
        return getpass.getpass("Value to remove (not shown): ")
    return _decode(sys.stdin.buffer.read(_MOST_VALUE_BYTES))


def _decode(data: bytes) -> str:
    text = data.decode(errors="surrogateescape")
    return text.removesuffix("\n").removesuffix("\r")


@contextmanager
def _follow(verb: str) -> Iterator[OnFile]:
    with make_error_console().status(f"{verb} …") as status:
        yield lambda path: status.update(f"{verb} {clean(path.name)} …")


def _purge_value(
    places: Places,
    forms: ValueForms,
    *,
    dry_run: bool,
    yes: bool,
    delete_unreadable: bool,
    find_again: Callable[[], Places],
) -> ExitCode:
    from flightlog.purge.database import check_alone  # noqa: PLC0415 - a database
    from flightlog.purge.values import preview, purge_value  # noqa: PLC0415 - a database

    if not dry_run:
        check_alone(places.history)
    if dry_run or not yes:
        with _follow("Searching") as on_file:
            _print_outcomes(preview(places, forms, on_file), "Found")
    if dry_run:
        _print("Nothing was changed.")
        return ExitCode.OK
    if not yes and not _confirm("Remove the value from all these files for good?"):
        return ExitCode.FAILED
    with _follow("Rewriting") as on_file:
        done = purge_value(places, forms, on_file)
    note_beside(places.history, "purge", "a value")
    _print_outcomes(done, "Removed from")
    return _prove(find_again(), forms, done, delete_unreadable=delete_unreadable)


def _prove(
    places: Places, forms: ValueForms, done: list[Outcome], *, delete_unreadable: bool
) -> ExitCode:
    from flightlog.purge.forms import FORMS  # noqa: PLC0415 - lazy
    from flightlog.purge.values import prove  # noqa: PLC0415 - a database

    left: list[Path] = []
    deletable = {*places.others, *places.databases}
    size = files = payloads = 0
    complete = not any(outcome.fault for outcome in done)
    with _follow("Searching") as on_file:
        results = list(prove(places.list_files(), forms, on_file))
    for path, found in results:
        if isinstance(found, str):
            print_error(f"{clean(str(path))} can't be searched: {found}.")
            complete = False
            continue
        size, files = size + found.size_bytes, files + 1
        payloads += found.decompressed
        is_whole = not found.has_value and not found.undecodable
        if not is_whole and delete_unreadable and path in deletable:
            path.unlink()
            _print(f"Deleted {clean(str(path))}, which could not be rewritten.")
        elif not is_whole:
            left.append(path)
            complete &= _is_of_living(places, path)
            _report_left(places, path, has_value=found.has_value)
    _print(
        f"Searched {format_count(files, 'file')} ({format_size(size)}) byte by byte, and "
        f"{format_count(payloads, 'payload')} decompressed, for the value as {FORMS}: "
        + (f"left in {format_count(len(left), 'file')}." if left else "found nowhere.")
    )
    _print_end(places)
    if not complete:
        return ExitCode.FAILED
    return ExitCode.TRY_AGAIN if left else ExitCode.OK


def _is_of_living(places: Places, path: Path) -> bool:
    return path.parent in places.spools


def _report_left(places: Places, path: Path, *, has_value: bool) -> None:
    name = clean(str(path))
    if _is_of_living(places, path):
        print_error(
            f"{name} still has the value: its process lives, or another program empties it.",
            "Run the command again when the process has ended, or has delivered its records.",
        )
    elif has_value:
        print_error(
            f"{name} still has the value, and can't be rewritten.",
            "Delete it, or run the command with --delete-unreadable.",
        )
    else:
        print_error(
            f"{name} has payloads that can't be decompressed, so the search is not complete.",
            "Delete it, or run the command with --delete-unreadable.",
        )


def _purge_query(places: Places, filters: Filters, *, dry_run: bool, yes: bool) -> ExitCode:
    from flightlog.purge.database import check_alone  # noqa: PLC0415 - a database
    from flightlog.purge.queries import choose_runs, find_left, purge_runs  # noqa: PLC0415

    if not (filters.query or "").strip():
        raise InvalidQueryError(
            "--query", "is empty", hint="`flightlog clear` erases a whole workflow."
        )
    now = utc_now()
    filters = replace(filters, before=normalize_time(now.isoformat()))

    def choose_filter(logger: ExecutionLogger) -> HistoryFilter:
        return filters.choose(logger, now)

    if not dry_run:
        check_alone(places.history)
    with _follow("Searching"):
        chosen = choose_runs(places.history, choose_filter)
    _print(f"The query chooses {format_count(len(chosen), 'run')} of {clean(str(places.history))}.")
    if dry_run:
        _print("Nothing was changed.")
        return ExitCode.OK
    if not yes and not _confirm(
        "Erase them, and what the query chooses in backups, from all files for good?"
    ):
        return ExitCode.FAILED
    with _follow("Rewriting") as on_file:
        done, ids = purge_runs(places, choose_filter, on_file)
    note_beside(places.history, "purge", f"{format_count(len(ids), 'run')} by a query")
    _print_outcomes(done, "Erased from")
    with _follow("Searching"):
        left = find_left(places, ids)
    _print(
        f"Searched the rows of all pages of {format_count(1 + len(places.databases), 'database')} "
        f"and {format_count(len(places.spools), 'spool')} for these runs: "
        + (f"left in {', '.join(clean(str(path)) for path in left)}." if left else "found nowhere.")
    )
    _print_end(places)
    if any(outcome.fault for outcome in done) or any(path not in places.spools for path in left):
        return ExitCode.FAILED
    return ExitCode.TRY_AGAIN if left else ExitCode.OK


def _print_outcomes(outcomes: list[Outcome], verb: str) -> None:
    if not outcomes:
        _print(f"{verb}: nothing.")
    for outcome in outcomes:
        name = clean(str(outcome.path))
        if outcome.fault is not None:
            print_error(f"{name} was not changed: {outcome.fault}")
        else:
            _print(f"{verb} {name}: {outcome.what}.")


def _print_end(places: Places) -> None:
    if places.missing:
        _print(
            f"{format_count(len(places.missing), 'backup')} that were made earlier are not at "
            f"their places any more, the newest: {clean(str(places.missing[-1]))}."
        )
    _print(_NOT_SEARCHED)
    _print(_NEXT)


def _print(text: str) -> None:
    make_output_console().print(Text(text), soft_wrap=True)


def _confirm(question: str) -> bool:
    if not sys.stdin.isatty():
        raise InvalidSettingError(
            "--yes",
            "is missing, and there is no terminal to ask on",
            hint="Add --yes, or --dry-run to see what would go.",
        )
    if confirm(question):
        return True
    _print("Nothing was changed.")
    return False
