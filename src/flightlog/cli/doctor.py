"""`flightlog doctor`: report missing or waiting records and other faults, as text or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flightlog.cli.checks import HistoryReport, Key, Spool, check_history, numbers
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.settings import SETTINGS, choose
from flightlog.cli.terminal import mark, output_console, write_json
from flightlog.cli.text import clean, count, size
from flightlog.spool import default_spool_dir, fallback_spool_dirs
from flightlog.store.metrics import OutsideCalls
from flightlog.store.results import Ledger, StoreHealth

_SHOWN_PLACES = 5


def doctor(
    *,
    json: bool = False,
    spool_dir: Annotated[
        Path | None, Parameter(help=SETTINGS["spool_dir"].summary, metavar="DIR")
    ] = None,
    history: HistoryChoice | None = None,
) -> int:
    """
    Check for missing or waiting records and other faults, and say what to do.

    The command checks the history and its settings, the executions that are left running, the
    ledger (the received messages of each process), nodes that were called outside of any execution,
    the spools on this machine, and the installation's secret. The command changes nothing. The exit
    code is 0 if there is no fault, and 1 if a fault needs action.

    Args:
        json: Print JSON: {"history": ..., "ledger": ..., "outside": ..., "spools": [...], "key":
            ..., "findings": [{"what": ..., "hint": ...}]}.
        spool_dir: See the settings.
        history: The history to check.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: A setting can't be used.
    """
    history = history or HistoryChoice()
    chosen = choose(history.sources(spool_dir=spool_dir), "spool_dir")
    directories = (chosen.get("spool_dir") or default_spool_dir(), *fallback_spool_dirs())
    found = check_history(history, directories)
    if json:
        write_json(msgspec.json.encode(found))
    else:
        _print(output_console(), found, directories[0])
    return ExitCode.FAILED if found.findings else ExitCode.OK


def _print(console: Console, found: HistoryReport, spool_dir: Path) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, lines in (
        ("History", _history_lines(found.history)),
        ("Ledger", _ledger_lines(found.ledger)),
        ("Outside", _outside_lines(found.outside)),
        ("Spools", _spool_lines(found.spools, spool_dir)),
        ("Secret", _key_lines(found.key)),
    ):
        for place, line in enumerate(lines):
            table.add_row("" if place else name, clean(line))
    console.print(table)
    console.print()
    if not found.findings:
        console.print(Text.assemble(mark("success"), " All is well."))
    for finding in found.findings:
        console.print(
            Text.assemble(mark("error"), f" {clean(finding.what)} ", (clean(finding.hint), "dim")),
            soft_wrap=True,
        )


def _history_lines(health: StoreHealth | None) -> list[str]:
    if health is None:
        return ["none"]
    contents = f"{count(health.executions, 'execution')}, {size(health.size_bytes)}"
    settings = ", ".join(f"{name} {value}" for name, value in health.settings.items())
    lines = [health.location, f"{contents}, schema {health.schema_version}", settings]
    if health.owner is not None:
        lines.append(f"belongs to {health.owner}: this user can only read it")
    return lines


def _ledger_lines(ledger: Ledger | None) -> list[str]:
    if ledger is None:
        return ["none"]
    received = f"{count(ledger.received, 'record')} received, {ledger.missing:,} missing"
    return [
        received,
        *(
            f"{process.process_id}: {process.received:,} received, {process.missing:,} missing: "
            f"{numbers(process.missing_ranges)}"
            for process in ledger.processes
        ),
    ]


def _outside_lines(outside: OutsideCalls | None) -> list[str]:
    if outside is None:
        return ["none"]
    where = "" if outside.complete else " among the newest 10,000"
    total = f"{count(outside.count, 'execution')} began outside a workflow{where}"
    lines = [
        f"{place.count:,} of {place.node_id or '?'} in {place.workflow_id}, "
        f"from {place.called_from or '?'}, thread {place.thread or '?'}"
        + (f"; {place.linked:,} linked to a parent" if place.linked else "")
        for place in outside.places[:_SHOWN_PLACES]
    ]
    if len(outside.places) > _SHOWN_PLACES:
        lines.append(f"and {count(len(outside.places) - _SHOWN_PLACES, 'place')} more: --json")
    if lines:
        lines.append(
            "A thread takes its execution along with `carry` or `Recorder(threads='all')`."
        )
    return [total, *lines]


def _spool_lines(spools: tuple[Spool, ...], spool_dir: Path) -> list[str]:
    living = sum(spool.alive for spool in spools)
    return [
        str(spool_dir),
        f"{len(spools) - living:,} waiting, {living:,} of living processes",
        *(
            f"{'alive' if spool.alive else 'waiting'}: {spool.process_id}, "
            f"{size(spool.size_bytes)}, to {spool.url or '?'}"
            for spool in spools
        ),
    ]


def _key_lines(key: Key) -> list[str]:
    if not key.present:
        return [f"none yet; it is made at first use in {key.where}"]
    return [f"in {key.where}, {'for this user alone' if key.private else 'for others too'}"]
