"""`flightlog doctor`: report missing or waiting records and other faults, as text or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flightlog.cli.checks import (
    HistoryReport,
    Key,
    Spool,
    check_history,
    format_ranges,
    repair_history,
)
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.settings import SETTINGS, choose
from flightlog.cli.terminal import draw_status, make_error_console, make_output_console, write_json
from flightlog.spool import find_default_spool_dir, list_fallback_spool_dirs
from flightlog.store.metrics import OutsideCalls
from flightlog.store.results import Ledger, StoreHealth
from flightlog.store.space import Space
from flightlog.store.sqlite.inspection import FileReport
from flightlog.text import clean, format_count, format_size

_SHOWN_PLACES = 5


def doctor(
    *,
    json: bool = False,
    repair: bool = False,
    spool_dir: Annotated[
        Path | None, Parameter(help=SETTINGS["spool_dir"].summary, metavar="DIR")
    ] = None,
    history: HistoryChoice | None = None,
) -> int:
    """
    Check for missing or waiting records and other faults, and say what to do.

    The command checks the history and its settings, the executions that are left running, the
    ledger (the received messages of each process), nodes that were called outside of any execution,
    the spools on this machine, and the installation's secret. Without --repair the command changes
    nothing. The exit code is 0 if there is no fault, and 1 if a fault needs action.

    Args:
        json: Print JSON: {"history": ..., "file": ..., "space": ..., "ledger": ..., "outside": ...,
            "spools": [...], "key": ..., "findings": [{"what": ..., "hint": ...}]}.
        repair: First check the whole file, however large it is. A damaged file is kept aside, and
            everything readable of it is merged into a new one; a receiver may run meanwhile. Only
            its owner can read the file afterwards.
        spool_dir: See the settings.
        history: The history to check.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: A setting can't be used.
    """
    history = history or HistoryChoice()
    chosen = choose(history.collect_sources(spool_dir=spool_dir), "spool_dir")
    directories = (chosen.get("spool_dir") or find_default_spool_dir(), *list_fallback_spool_dirs())
    if repair:
        for line in repair_history(history) or ["Nothing to repair."]:
            make_error_console().print(Text(clean(line)), soft_wrap=True)
    found = check_history(history, directories)
    if json:
        write_json(msgspec.json.encode(found))
    else:
        _print(make_output_console(), found, directories[0])
    return ExitCode.FAILED if found.findings else ExitCode.OK


def _print(console: Console, found: HistoryReport, spool_dir: Path) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, lines in (
        ("History", _write_history(found.history)),
        ("File", _write_file(found.file)),
        ("Space", _write_space(found.space)),
        ("Ledger", _write_ledger(found.ledger)),
        ("Outside", _write_outside_calls(found.outside)),
        ("Spools", _write_spools(found.spools, spool_dir)),
        ("Secret", _write_key(found.key)),
    ):
        for place, line in enumerate(lines):
            table.add_row("" if place else name, clean(line))
    console.print(table)
    console.print()
    if not found.findings:
        console.print(Text.assemble(draw_status("success"), " All is well."))
    for finding in found.findings:
        console.print(
            Text.assemble(
                draw_status("error"), f" {clean(finding.what)} ", (clean(finding.hint), "dim")
            ),
            soft_wrap=True,
        )


def _write_history(health: StoreHealth | None) -> list[str]:
    if health is None:
        return ["none"]
    contents = f"{format_count(health.executions, 'execution')}, {format_size(health.size_bytes)}"
    settings = ", ".join(f"{name} {value}" for name, value in health.settings.items())
    lines = [health.location, f"{contents}, schema {health.schema_version}", settings]
    lag = f", {health.not_indexed:,} not indexed yet" if health.not_indexed else ""
    lines.append(f"search index: {health.search_index}{lag}")
    if health.owner is not None:
        lines.append(f"belongs to {health.owner}: this user can only read it")
    return lines


def _write_file(file: FileReport | None) -> list[str]:
    if file is None:
        return ["none"]
    integrity = {"ok": "sound", None: "not checked, because it is large: --repair checks it"}
    sizes = (
        f"database {format_size(file.database_bytes)} ({format_size(file.free_bytes)} of it free), "
        f"write-ahead log {format_size(file.log_bytes)}"
    )
    readers = "this user alone" if file.private else "others too"
    return [sizes, f"{integrity.get(file.integrity, 'damaged')}; readable for {readers}"]


def _write_space(space: Space | None) -> list[str]:
    if space is None:
        return ["none"]
    parts, kept = space.parts, space.protected
    sizes = (
        f"about {format_size(parts.payload_bytes)} of payloads, "
        f"{format_size(parts.index_bytes)} of search index, {format_size(parts.row_bytes)} of rows"
    )
    growth = f"grows by about {format_size(space.growth_bytes)} a day"
    if space.full_in_days:
        growth += f", so max_size is reached in about {space.full_in_days:,.0f} days"
    elif space.full_in_days is not None:
        growth += "; max_size is reached, so the oldest executions go as new ones arrive"
    stays = (
        f"about {format_size(kept.bytes)} always stay: "
        f"{format_count(kept.starred, 'starred execution')} and the newest good one of "
        f"{format_count(kept.newest_good, 'workflow')}"
    )
    return [sizes, growth, stays]


def _write_ledger(ledger: Ledger | None) -> list[str]:
    if ledger is None:
        return ["none"]
    received = f"{format_count(ledger.received, 'record')} received, {ledger.missing:,} missing"
    return [
        received,
        *(
            f"{process.process_id}: {process.received:,} received, {process.missing:,} missing: "
            f"{format_ranges(process.missing_ranges)}"
            for process in ledger.processes
        ),
    ]


def _write_outside_calls(outside: OutsideCalls | None) -> list[str]:
    if outside is None:
        return ["none"]
    where = "" if outside.complete else " among the newest 10,000"
    total = f"{format_count(outside.count, 'execution')} began outside a workflow{where}"
    lines = [
        f"{place.count:,} of {place.node_id or '?'} in {place.workflow_id}, "
        f"from {place.called_from or '?'}, thread {place.thread or '?'}"
        + (f"; {place.linked:,} linked to a parent" if place.linked else "")
        for place in outside.places[:_SHOWN_PLACES]
    ]
    if len(outside.places) > _SHOWN_PLACES:
        lines.append(
            f"and {format_count(len(outside.places) - _SHOWN_PLACES, 'place')} more: --json"
        )
    if lines:
        lines.append(
            "A thread takes its execution along with `carry` or `Recorder(threads='all')`."
        )
    return [total, *lines]


def _write_spools(spools: tuple[Spool, ...], spool_dir: Path) -> list[str]:
    living = sum(spool.alive for spool in spools)
    return [
        str(spool_dir),
        f"{len(spools) - living:,} waiting, {living:,} of living processes",
        *(
            f"{'alive' if spool.alive else 'waiting'}: {spool.process_id}, "
            f"{format_size(spool.size_bytes)}, to {spool.url or '?'}"
            for spool in spools
        ),
    ]


def _write_key(key: Key) -> list[str]:
    if not key.present:
        return [f"none yet; it is made at first use in {key.where}"]
    return [f"in {key.where}, {'for this user alone' if key.private else 'for others too'}"]
