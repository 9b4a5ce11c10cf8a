"""`flightlog stats`: print the number of executions and their durations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.identify import find_workflow, unknown_workflow
from flightlog.cli.terminal import mark, output_console, write_json
from flightlog.cli.text import ago, clean, count, duration, exact
from flightlog.clock import utc_now
from flightlog.store.results import ExecutionStats


def stats(
    workflow: Annotated[str | None, Parameter(name="WORKFLOW")] = None,
    /,
    *,
    only: Annotated[
        str | None,
        Parameter(name=["--workflow", "-w"], metavar="WORKFLOW", help="The same as WORKFLOW."),
    ] = None,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Count executions and show their durations.

    Args:
        workflow: Count only this workflow's executions, by its id or its name.
        only: The same as the argument.
        json: Print JSON: {"total": ..., "success": ..., "p95DurationMs": ..., ...}.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        InvalidQueryError: Several workflows have the name.
        StoreError: The history can't be opened or read.
    """
    wanted = workflow if workflow is not None else only
    advice = None
    with (history or HistoryChoice()).open() as logger:
        if wanted is not None and (known := find_workflow(logger, wanted)) is not None:
            wanted = known
        elif wanted is not None:
            advice = unknown_workflow(logger, wanted)
        found = logger.get_stats(wanted)
    if json:
        write_json(msgspec.json.encode(found))
    else:
        console = output_console()
        print_stats(console, found, wanted, utc_now().astimezone())
        if advice is not None:
            console.print(Text(advice, style="dim"), soft_wrap=True)
    return ExitCode.OK


def print_stats(
    console: Console, found: ExecutionStats, workflow: str | None, now: datetime
) -> None:
    """
    Print counts, durations and the start of the newest execution.

    Args:
        console: The console for the output.
        found: The statistics.
        workflow: The workflow's id; None for all executions.
        now: The current time, in the reader's time zone.
    """
    of = "" if workflow is None else f" of {clean(workflow)}"
    console.print(Text(f"{count(found.total, 'execution')}{of}", style="bold"))
    if not found.total:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(width=1)
    table.add_column(style="bright_black")
    table.add_column(justify="right")
    table.add_column(style="bright_black")
    for status, number in (
        ("success", found.success),
        ("error", found.error),
        ("running", found.running),
    ):
        share = f"{number / found.total:.1%}" if number else ""
        table.add_row(mark(status), status, f"{number:,}", share)
    for name, value, meaning in (
        ("mean", found.mean_duration_ms, "of those that ended"),
        ("p50", found.p50_duration_ms, "half took at most so long"),
        ("p95", found.p95_duration_ms, "95 of 100"),
        ("p99", found.p99_duration_ms, "99 of 100"),
    ):
        if value is not None:
            table.add_row("", name, duration(value), meaning)
    console.print(table)
    if found.last_started_at is not None:
        moment = f"{ago(found.last_started_at, now)}, {exact(found.last_started_at, now)}"
        console.print(Text.assemble(("  newest   ", "bright_black"), moment))
