"""Print groups of failures that are alike: how often, when, and where."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from rich.table import Table
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.terminal import make_output_console, write_json
from flightlog.store.metrics import ErrorGroup, ErrorGroups
from flightlog.text import clean, format_age

GROUPS: Final = 50
"""The largest number of groups."""

_BARS: Final = " ▁▂▃▄▅▆▇█"
_NAMED: Final = 2


def print_errors(found: ErrorGroups, now: datetime, *, json: bool) -> int:
    """
    Print groups of failures.

    Args:
        found: The groups.
        now: The current time.
        json: Print JSON.

    Returns:
        The exit code.
    """
    if json:
        write_json(msgspec.json.encode(found))
        return ExitCode.OK
    console = make_output_console()
    if not found.errors:
        console.print("No failures.")
        return ExitCode.OK
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black")
    table.add_column("times", justify="right")
    table.add_column("error", ratio=1, overflow="fold")
    table.add_column("over time", no_wrap=True)
    table.add_column("first", no_wrap=True)
    table.add_column("last", no_wrap=True)
    table.add_column("workflows", overflow="fold")
    local = now.astimezone()
    for group in found.errors:
        table.add_row(
            f"{group.count:,}",
            _describe(group),
            Text(draw_sparkline(group.histogram), style="red"),
            format_age(group.first_at, local),
            format_age(group.last_at, local),
            Text(_name_workflows(group), style="bright_black"),
        )
    console.print(table)
    if not found.complete:
        console.print(Text("Only the newest 5,000 failures are counted.", style="dim"))
    return ExitCode.OK


def draw_sparkline(counts: tuple[int, ...]) -> str:
    """
    Draw counts as a line of bars.

    Args:
        counts: The counts.

    Returns:
        A character for each count; a space for 0.
    """
    most = max(counts, default=0)
    steps = len(_BARS) - 1
    return "".join(_BARS[-(-count * steps // most) if count else 0] for count in counts)


def _describe(group: ErrorGroup) -> Text:
    pattern = clean(group.pattern) or "(no message)"
    if group.type is None:
        return Text(pattern)
    return Text.assemble((f"{clean(group.type)}: ", "bright_black"), pattern)


def _name_workflows(group: ErrorGroup) -> str:
    names = [clean(each.workflow_name) for each in group.workflows[:_NAMED]]
    more = group.workflow_count - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
