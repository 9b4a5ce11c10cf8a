"""`flightlog prune`: erase what exceeds the limits of the history, once, or say what would go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from msgspec.structs import replace
from rich.text import Text

from flightlog.cli.arguments import parse_time
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import HistoryChoice
from flightlog.cli.retention import choose_policy, parse_size
from flightlog.cli.terminal import YES, confirm, make_output_console, make_progress_bar
from flightlog.clock import utc_now
from flightlog.errors import InvalidSettingError
from flightlog.store.retention import Pruned, RetentionLimits, RetentionPolicy
from flightlog.text import format_count, format_size

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger


def prune(
    *,
    before: Annotated[str | None, Parameter(metavar="TIME", allow_leading_hyphen=True)] = None,
    keep: Annotated[int | None, Parameter(metavar="N")] = None,
    max_size: Annotated[str | None, Parameter(metavar="SIZE")] = None,
    dry_run: bool = False,
    yes: Annotated[bool, YES] = False,
    history: HistoryChoice | None = None,
) -> int:
    """
    Erase old executions, once. A running receiver keeps the same limits by itself.

    Running and starred executions and the newest successful execution of each workflow always stay.
    Without an option, the limits are those of the settings: max_size, keep_days, keep_failed_days,
    keep_executions and keep_status. On a terminal the command asks first.

    Args:
        before: Erase the executions that started before this time: an ISO 8601 time, one before now
            (30m, 2h, 7d), or yesterday.
        keep: Erase all but the newest N executions of each workflow.
        max_size: Shrink the history to this size, e.g. 2GB. The oldest executions lose their
            payloads first, then their nodes; failed ones stay ten times as long.
        dry_run: Only print what would go; the bytes are an estimate.
        yes: Don't ask; required without a terminal.
        history: The history to change.

    Returns:
        The exit code.

    Raises:
        InvalidQueryError: `--before` is not a time.
        InvalidSettingError: A limit can't be used, or there is no terminal and no --yes.
        StoreError: The history can't be opened or changed.
    """
    history = history or HistoryChoice()
    limits = _limits(history, before, keep, max_size)
    with history.open_to_change() as logger:
        expected = logger.writer.preview_prune(limits)
        if dry_run or not _has_any(expected):
            _print_result("Would remove" if dry_run else "Removed", expected)
            return ExitCode.OK
        if not yes and not _agreed(expected):
            make_output_console().print("Nothing was erased.")
            return ExitCode.FAILED
        _print_result("Removed", _remove(logger, limits, expected))
    return ExitCode.OK


def _limits(
    history: HistoryChoice, before: str | None, keep: int | None, max_size: str | None
) -> RetentionLimits:
    now = utc_now()
    if before is None and keep is None and max_size is None:
        policy = choose_policy(history.collect_sources(), history.chosen_project())
        return policy.limits_at(now)
    max_bytes = None if max_size is None else parse_size(max_size)
    limits = RetentionPolicy(max_bytes=max_bytes, keep_executions=keep).limits_at(now)
    if before is None:
        return limits
    moment = parse_time(before, "before", now)
    return replace(limits, successful_before=moment, failed_before=moment)


def _remove(logger: ExecutionLogger, limits: RetentionLimits, expected: Pruned) -> Pruned:
    with make_progress_bar() as progress:
        task = progress.add_task("prune", total=_changes(expected))
        return logger.prune(limits, lambda portion: progress.advance(task, _changes(portion)))


def _changes(pruned: Pruned) -> int:
    return pruned.executions + pruned.without_nodes + pruned.without_payloads


def _has_any(pruned: Pruned) -> bool:
    return _changes(pruned) > 0


def _agreed(expected: Pruned) -> bool:
    if not sys.stdin.isatty():
        raise InvalidSettingError(
            "--yes",
            "is missing, and there is no terminal to ask on",
            hint="Add --yes to erase them, or --dry-run to see what would go.",
        )
    return confirm(f"Remove {_describe(expected)} for good?")


def _describe(pruned: Pruned) -> str:
    parts = [format_count(pruned.executions, "execution")]
    if pruned.without_nodes:
        parts.append(f"the nodes of {format_count(pruned.without_nodes, 'execution')}")
    if pruned.without_payloads:
        parts.append(f"the payloads of {format_count(pruned.without_payloads, 'execution')}")
    return f"{', '.join(parts)} (about {format_size(pruned.freed_bytes)})"


def _print_result(verb: str, pruned: Pruned) -> None:
    text = (
        f"{verb} {_describe(pruned)}."
        if _has_any(pruned)
        else "The history is within its limits; nothing has to go."
    )
    make_output_console().print(Text(text), soft_wrap=True)
