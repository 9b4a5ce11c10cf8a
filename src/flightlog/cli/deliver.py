"""`flightlog deliver`: deliver the spools of dead processes, where no receiver collects them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from cyclopts import Parameter
from msgspec import Struct
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.history import CONFIG
from flightlog.cli.settings import SETTINGS, choose, collect_sources
from flightlog.cli.terminal import make_output_console, make_progress_bar
from flightlog.errors import FlightlogError, InvalidSettingError
from flightlog.spool import (
    SpoolStatus,
    claim_orphan,
    find_default_spool_dir,
    list_fallback_spool_dirs,
    list_spools,
)
from flightlog.text import clean, format_count, format_size

if TYPE_CHECKING:
    from flightlog.delivery import DeliveryResult, Destination
    from flightlog.delivery.drain import Drained


class _Tally(Struct):
    records: int = 0
    processes: int = 0
    rejected: int = 0
    waiting: int = 0
    alive: int = 0

    def summary(self) -> str:
        if not (self.records or self.processes):
            parts = ["Delivered nothing" if self.waiting else "Nothing waits"]
        else:
            of = "1 dead process" if self.processes == 1 else f"{self.processes:,} dead processes"
            parts = [f"Delivered {format_count(self.records, 'record')} of {of}"]
        if self.rejected:
            parts.append(f"{self.rejected:,} refused")
        if self.waiting:
            parts.append(f"{format_count(self.waiting, 'spool')} still waiting")
        if self.alive:
            parts.append(f"{self.alive:,} of living processes, which deliver by themselves")
        return "; ".join(parts) + "."


def deliver(
    *,
    spool_dir: Annotated[
        Path | None, Parameter(help=SETTINGS["spool_dir"].summary, metavar="DIR")
    ] = None,
    url: str | None = None,
    config: Annotated[Path | None, CONFIG] = None,
) -> int:
    """
    Deliver the spools of dead processes, and report which spools wait and why.

    A receiver on the same machine collects such spools by itself, and so does the next process that
    delivers to the same address. Use this command when there is no such receiver or process. The
    exit code is 75 while a spool waits, and 1 if records were refused.

    Args:
        spool_dir: See the settings.
        url: Destination, e.g. http://localhost:3000 or sqlite:FILE; by default, each process's own.
        config: See the settings.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: A setting can't be used.
    """
    chosen = choose(collect_sources({"spool_dir": spool_dir}, config), "spool_dir")
    directories = (chosen.get("spool_dir") or find_default_spool_dir(), *list_fallback_spool_dirs())
    spools = [spool for directory in directories for spool in list_spools(directory)]
    dead = [spool for spool in spools if not spool.alive]
    tally = _Tally(alive=len(spools) - len(dead))
    with _Destinations() as destinations, make_progress_bar() as progress:
        task = progress.add_task("deliver", total=sum(spool.size_bytes for spool in dead))
        for spool in dead:
            reason = _deliver(
                spool, url, destinations, tally, lambda sent: progress.advance(task, sent)
            )
            if reason:
                tally.waiting += 1
                name = clean(spool.path.name)
                print_error(f"{name} ({format_size(spool.size_bytes)}) waits: {reason}")
    make_output_console().print(Text(tally.summary()), soft_wrap=True)
    if tally.rejected:
        return ExitCode.FAILED
    return ExitCode.TRY_AGAIN if tally.waiting else ExitCode.OK


def _deliver(
    spool: SpoolStatus,
    url: str | None,
    destinations: _Destinations,
    tally: _Tally,
    on_sent: Callable[[int], None],
) -> str:
    try:
        url = url or _name_destination(spool)
        if reason := destinations.failed.get(url):
            return reason
        drained = _drain(spool.path, destinations.open(url, on_sent))
    except (FlightlogError, OSError) as error:
        return str(error)
    if drained is None:
        return "another process has just begun to deliver it."
    tally.records += drained.records
    tally.rejected += drained.rejected
    if drained.rejected:
        print_error(
            f"{clean(spool.path.name)}: {format_count(drained.rejected, 'record')} refused for "
            "good.",
            f"They are kept in {clean(str(spool.path))}.rejected.ndjson.",
        )
    if drained.complete:
        tally.processes += 1
        return ""
    destinations.failed[url] = drained.reason
    return drained.reason


def _name_destination(spool: SpoolStatus) -> str:
    from flightlog.sqlite_destination import read_database_path  # noqa: PLC0415 - a database

    if spool.owner is None:
        raise InvalidSettingError("url", "can't be read from it", hint="Say it with --url.")
    path = read_database_path(spool.owner.url)
    if path is not None and not path.is_absolute():
        raise InvalidSettingError(
            "url", f"is {spool.owner.url}, no whole path", hint="Say with --url which file it is."
        )
    return spool.owner.url


def _drain(path: Path, destination: Destination) -> Drained | None:
    from flightlog.delivery.drain import drain  # noqa: PLC0415 - lazy

    spool = claim_orphan(path)
    if spool is None:
        return None
    with spool:
        return drain(spool, destination)


class _Destinations:
    """The destinations of one command, each opened once and tried until it fails."""

    def __init__(self) -> None:
        self._open: dict[str, Destination] = {}
        self.failed: dict[str, str] = {}

    def open(self, url: str, on_sent: Callable[[int], None]) -> Destination:
        from flightlog.delivery import make_destination  # noqa: PLC0415 - lazy
        from flightlog.secret_key import load_secret_key  # noqa: PLC0415 - lazy

        if url not in self._open:
            self._open[url] = make_destination(url, load_secret_key())
        return _Counting(self._open[url], on_sent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for destination in self._open.values():
            destination.close()


class _Counting:
    """A destination that reports the number of delivered bytes."""

    def __init__(self, destination: Destination, on_sent: Callable[[int], None]) -> None:
        self._destination = destination
        self._on_sent = on_sent
        self.report_process = destination.report_process
        self.close = destination.close

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        answer = self._destination.send(lines)
        if answer.outcome == "delivered":
            self._on_sent(sum(map(len, lines)))
        return answer
