"""`flightlog copy`: copy a history into another one. `flightlog.copying` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.audit import note_command
from flightlog.cli.choice import read_address_argument
from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.history import HistoryChoice
from flightlog.cli.terminal import make_error_console, make_output_console, make_progress_bar
from flightlog.errors import InvalidSettingError
from flightlog.text import clean, format_count

if TYPE_CHECKING:
    from flightlog.copying.copying import Copied, Step
    from flightlog.store.address import StorageAddress

_SHOWN: Final = 20
_STEPS: Final[dict[Step, str]] = {"copy": "copying", "compare": "comparing"}


def copy(
    source: Annotated[str, Parameter(name="FROM")],
    target: Annotated[str, Parameter(name="TO")],
    /,
    *,
    delete: bool = False,
) -> int:
    """
    Copy a history into another one, and compare the two by hashes.

    FROM and TO are files or URLs, as in `--db`; TO is made if it is missing. Receivers may write
    both meanwhile. Nothing in TO is lost or overwritten: the two histories are merged, so a
    repeated copy brings what is new. An interrupted copy goes on where it was. Executions with all
    payloads, stars, saved queries and the ledger are copied; tokens, sessions and the audit log are
    not. An execution that was deleted in TO stays deleted.

    Args:
        source: The history to read.
        target: The history to change.
        delete: Also erase executions in TO that were deleted in FROM.

    Returns:
        The exit code: 1 if executions in TO lack something that is in FROM.

    Raises:
        InvalidSettingError: An address can't be used, or both are the same.
        StoreError: A history can't be opened, read or written.
    """
    from flightlog.copying.copying import Copy  # noqa: PLC0415 - lazy
    from flightlog.copying.progress import ProgressFile  # noqa: PLC0415 - lazy

    addresses = [read_address_argument(source, "FROM"), read_address_argument(target, "TO")]
    names = [_identify(address) for address in addresses]
    if names[0] == names[1]:
        raise InvalidSettingError(
            "TO", f"is {addresses[1]}, which is FROM, too", hint="Name two histories."
        )
    progress_file = ProgressFile.for_copy(*names)
    with (
        HistoryChoice(db=source).open() as reading,
        HistoryChoice(db=target).open_or_make() as writing,
        make_progress_bar() as progress,
    ):
        place = progress_file.read()
        if place is not None:
            note = f"Going on after {format_count(place.executions, 'execution')}."
            make_error_console().print(Text(note, style="dim"), soft_wrap=True)
        total = reading.get_stats().total
        tasks = {
            step: progress.add_task(text, total=total, visible=step == "copy")
            for step, text in _STEPS.items()
        }

        def advance(step: Step, executions: int) -> None:
            progress.update(
                tasks[step], completed=executions, total=max(total, executions), visible=True
            )

        copied = Copy(
            reading.reader,
            writing.reader,
            writing.writer,
            progress_file,
            advance,
            erases=delete,
        ).run()
        note_command(HistoryChoice(db=source), "copy", format_count(total, "execution"))
    _print(copied, addresses[1])
    return ExitCode.FAILED if copied.different else ExitCode.OK


def _identify(address: StorageAddress) -> str:
    return str(Path(address.path).resolve()) if address.is_file else str(address)


def _print(copied: Copied, target: StorageAddress) -> None:
    console = make_output_console()
    copy = f"{copied.created:,} new, {copied.changed:,} changed, {copied.unchanged:,} known before"
    lines = [f"Copied to {target}: {copy}."]
    checked = f"{format_count(copied.equal, 'execution')} equal in both by their hashes"
    if copied.greater:
        checked += f", {copied.greater:,} of which TO knows more"
    lines.append(f"Compared: {checked}.")
    if copied.deleted:
        lines.append(f"{copied.deleted:,} deleted in TO before and left out.")
    if copied.erased:
        lines.append(f"{copied.erased:,} erased in TO because they were deleted in FROM.")
    if copied.kept:
        lines.append(f"{copied.kept:,} deleted in FROM and kept in TO; --delete erases them.")
    if copied.saved_queries:
        lines.append(f"{copied.saved_queries:,} saved queries added.")
    if copied.other_queries:
        names = ", ".join(copied.other_queries[:_SHOWN])
        lines.append(f"Saved queries that are others in TO and stay as they are: {names}.")
    for line in lines:
        console.print(Text(clean(line)), soft_wrap=True)
    if copied.different:
        names = ", ".join(copied.different[:_SHOWN])
        more = " and others" if len(copied.different) > _SHOWN else ""
        print_error(
            f"{format_count(len(copied.different), 'execution')} in TO lack a part: {names}{more}.",
            "Run the same command again; if they stay, a store is damaged: `flightlog doctor`.",
        )
