"""`flightlog stats`: print the number of executions and their durations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from statistics import fmean
from typing import Annotated

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flightlog.cli.error_groups import GROUPS, print_errors
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.filters import Filters
from flightlog.cli.history import HistoryChoice
from flightlog.cli.identify import find_workflow
from flightlog.cli.queries import QUERY
from flightlog.cli.terminal import (
    draw_status,
    make_error_console,
    make_output_console,
    write_json,
)
from flightlog.cli.usage import choose_prices, print_models, read_models
from flightlog.clock import utc_now
from flightlog.record.model import WorkflowExecution
from flightlog.store.histogram import compute_percentile, find_bucket
from flightlog.store.results import ExecutionStats, RemovedStats
from flightlog.text import clean, format_age, format_count, format_duration, format_time


def stats(
    *query: Annotated[str, QUERY],
    filters: Filters | None = None,
    errors: bool = False,
    json: bool = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Count executions, and show their durations and the tokens of language models.

    Args:
        query: A workflow's id or name, or a query as described in docs/inspect/query.md.
        filters: Choose the executions. With more than a workflow, each of them is read.
        errors: Group the newest failures that are alike instead, the most frequent first.
        json: Print JSON: {"total": ..., "success": ..., "p95DurationMs": ..., ...}.
        history: The history to read.

    Returns:
        The exit code.

    Raises:
        InvalidQueryError: The query or a filter can't be used, or several workflows have the name.
        StoreError: The history can't be opened or read.
    """
    now = utc_now()
    history = history or HistoryChoice()
    with history.open() as logger, make_error_console().status("Counting …"):
        chosen = (filters or Filters()).with_prices(history).with_words(logger, query)
        stored = chosen.choose(logger, now)
        if errors:
            return print_errors(logger.reader.group_errors(stored, GROUPS), now, json=json)
        if chosen == Filters(workflow=chosen.workflow):
            found = logger.reader.read_stats(stored)
        else:
            found = _count(chosen.read_pages(logger, now, order="newest"))
        models = read_models(logger, stored, choose_prices(history))
        advice = None if found.total else chosen.explain_no_match(logger, now)
        known = None if chosen.workflow is None else find_workflow(logger, chosen.workflow)
    if json:
        shown = msgspec.to_builtins(found)
        write_json(msgspec.json.encode(shown if models is None else {**shown, "models": models}))
        return ExitCode.OK
    console = make_output_console()
    print_stats(console, found, known or chosen.workflow, now.astimezone())
    if models is not None:
        print_models(console, models)
    if advice is not None:
        console.print(Text(advice, style="dim"), soft_wrap=True)
    return ExitCode.OK


def _count(executions: Iterable[WorkflowExecution]) -> ExecutionStats:
    statuses, buckets = Counter[str](), Counter[int]()
    durations: list[float] = []
    newest: str | None = None
    for execution in executions:
        newest = newest or execution.started_at
        statuses[execution.status] += 1
        if execution.status != "running" and execution.duration_ms is not None:
            durations.append(execution.duration_ms)
            buckets[find_bucket(execution.duration_ms)] += 1
    return ExecutionStats(
        total=statuses.total(),
        success=statuses["success"],
        error=statuses["error"],
        running=statuses["running"],
        mean_duration_ms=fmean(durations) if durations else None,
        p50_duration_ms=compute_percentile(buckets, 0.50),
        p95_duration_ms=compute_percentile(buckets, 0.95),
        p99_duration_ms=compute_percentile(buckets, 0.99),
        last_started_at=newest,
        removed=None,
    )


def _print_removed(console: Console, removed: RemovedStats) -> None:
    mean_ms = removed.mean_duration_ms
    days = f"{removed.first_day} to {removed.last_day}"
    parts = (
        f"{removed.total:,} more were removed by retention, of {days}",
        f"{removed.error:,} failed",
        "" if mean_ms is None else f"mean {format_duration(mean_ms)}",
    )
    console.print(Text(" · ".join(filter(None, parts)), style="bright_black"), soft_wrap=True)


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
    console.print(Text(f"{format_count(found.total, 'execution')}{of}", style="bold"))
    if found.removed is not None:
        _print_removed(console, found.removed)
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
        table.add_row(draw_status(status), status, f"{number:,}", share)
    for name, value, meaning in (
        ("mean", found.mean_duration_ms, "of those that ended"),
        ("p50", found.p50_duration_ms, "half took at most so long"),
        ("p95", found.p95_duration_ms, "95 of 100"),
        ("p99", found.p99_duration_ms, "99 of 100"),
    ):
        if value is not None:
            table.add_row("", name, format_duration(value), meaning)
    console.print(table)
    if found.last_started_at is not None:
        moment = (
            f"{format_age(found.last_started_at, now)}, {format_time(found.last_started_at, now)}"
        )
        console.print(Text.assemble(("  newest   ", "bright_black"), moment))
