"""
The checks of `flightlog doctor`, which read the history, the spools and the key.

The checks change nothing; `repair_history` does. `flightlog.cli.doctor` prints the results.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from flightlog.capture.settings import choose_url, explain_url
from flightlog.cli.retention import choose_policy
from flightlog.clock import utc_now
from flightlog.delivery.addresses import is_loopback_url
from flightlog.errors import FlightlogError, StoreCapabilityError
from flightlog.errors.base import escape_surrogates
from flightlog.secret_key import KEY_VARIABLE, find_key_file
from flightlog.spool import SpoolStatus, has_ended_here, list_spools
from flightlog.spool.directory import SPOOL_VARIABLE
from flightlog.store.metrics import OutsideCalls
from flightlog.store.results import FileChange, Ledger, Repair, StoreHealth, Unfinished
from flightlog.store.retention import RetentionPolicy
from flightlog.store.space import Space
from flightlog.text import format_count, format_size

if TYPE_CHECKING:
    from flightlog.cli.history import HistoryChoice
    from flightlog.store.sqlite.inspection import FileReport

_REFUSED: Final = "*.rejected.ndjson"
_SHOWN_RANGES: Final = 5
_SILENCE: Final = timedelta(hours=1)
_STORAGE_PAGE: Final = "docs/reference/storage.md"
"""The longest silence of a process on another machine before its executions are reported."""
_LET_SERVE: Final = (
    "Run `flightlog serve` on this history for some minutes: it marks as crashed what it hears "
    "nothing of"
)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Finding(Struct, frozen=True, kw_only=True):
    """A fault that needs action."""

    what: str
    """The fault, one sentence."""
    hint: str
    """The action."""


class Spool(Struct, frozen=True, kw_only=True, rename="camel"):
    """A spool on this machine."""

    process_id: str
    """The process that owns the spool."""
    alive: bool
    """Whether the owner is alive."""
    url: str | None
    """The destination of its records; null when the destination can't be read."""
    size_bytes: int
    """The spool's size on disk."""
    path: str
    """The spool's directory."""


class Key(Struct, frozen=True, kw_only=True):
    """The installation's secret; only its place is reported."""

    where: str
    """The environment variable, or the file."""
    present: bool
    """Whether the key exists; the key is made at its first use."""
    private: bool
    """Whether only this user can read the key."""


class HistoryReport(Struct, frozen=True, kw_only=True):
    """The results of all checks."""

    history: StoreHealth | None
    """The history; null when it does not exist or can't be opened."""
    file: FileReport | None
    """The history's file; null when it does not exist or can't be opened."""
    space: Space | None
    """The space by what takes it; null without a history."""
    ledger: Ledger | None
    """The counts of received and missing messages; null without a history."""
    outside: OutsideCalls | None
    """Nodes that were called outside of any execution, and the callers; null without a history."""
    spools: tuple[Spool, ...]
    """The spools on this machine, the oldest first."""
    key: Key
    """The installation's secret."""
    findings: tuple[Finding, ...]
    """The faults that need action; empty when there are none."""


def check_history(choice: HistoryChoice, spool_dirs: Sequence[Path]) -> HistoryReport:
    """
    Check a history, the spools and the installation's secret.

    Args:
        choice: Chooses the history.
        spool_dirs: The directories that contain spools; the first is the chosen directory.

    Returns:
        The results and the faults that need action.
    """
    findings: list[Finding] = []
    history, space, ledger, outside, unfinished = _read_history(choice, findings)
    address = choice.find_address()
    has_file = history is not None and address.is_file
    file = _check_file(address.path, findings) if has_file else None
    spools = tuple(_check_spools(spool_dirs, findings))
    findings += _find_left_running(unfinished, {spool.process_id for spool in spools})
    if ledger is not None:
        findings += _find_losses(ledger, spools)
    findings += _find_refused(spool_dirs)
    findings += _check_recorder_settings(spool_dirs[0])
    key = _check_key(findings)
    return HistoryReport(
        history=history,
        file=file,
        space=space,
        ledger=ledger,
        outside=outside,
        spools=spools,
        key=key,
        findings=tuple(findings),
    )


def _check_file(path: Path, findings: list[Finding]) -> FileReport | None:
    from flightlog.store.sqlite.inspection import inspect_file  # noqa: PLC0415 - a database

    try:
        found = inspect_file(path)
    except (FlightlogError, OSError):
        # The history could be read just now; the next call says what has changed.
        return None
    if found.integrity not in {None, "ok"}:
        findings.append(
            Finding(
                what=f"The history's file is damaged: {found.integrity}.",
                hint="Run `flightlog doctor --repair`, which keeps the file and goes on with what "
                "can be read of it, or restore a backup with `flightlog restore`.",
            )
        )
    findings += [
        Finding(
            what=f"The records of the damaged file {damaged} are not in the history yet.",
            hint="A running receiver salvages them now; so does `flightlog doctor --repair`.",
        )
        for damaged in found.unsalvaged
    ]
    if found.log_bytes > found.log_limit_bytes:
        holders = " and ".join(found.log_readers) or "a program"
        findings.append(
            Finding(
                what=f"The write-ahead log has {format_size(found.log_bytes)}, and {holders} keeps "
                "it by reading.",
                hint="End that program, or its transaction. A receiver refuses records with 429 "
                "while the log is at its limit, and the records wait in the spools.",
            )
        )
    if not found.private:
        findings.append(
            Finding(
                what=f"Others on this machine can read {_show_path(path)}.",
                hint="Run `flightlog doctor --repair`, which lets only its owner read it.",
            )
        )
    return found


def repair_history(choice: HistoryChoice) -> list[str]:
    """
    Repair a history: salvage a damaged file, and let only its owner read it.

    Args:
        choice: Chooses the history, which must exist.

    Returns:
        A sentence for each repair; empty if there was nothing to repair.

    Raises:
        StoreError: The history is missing, or can't be written.
    """
    path = choice.require_path("`flightlog doctor --repair`")
    asides: list[Path] = []
    with choice.open_or_make(on_aside=asides.append) as logger:
        found = logger.writer.repair(lambda: False)
    repairs = [
        f"The file could not be opened, so a new history was made. Salvaged {found.describe()} of "
        f"the old file, which is kept beside it as {_show_path(path)}.salvaged-…."
        for _ in asides
    ]
    if not asides and found != Repair():
        damage = "" if found.damage is None else f"The file was damaged ({found.damage}). "
        repairs.append(f"{damage}Salvaged {found.describe()}.")
    mode = path.stat().st_mode
    if os.name != "nt" and mode & _OTHERS:
        path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
        repairs.append(f"Only its owner can read {_show_path(path)} now.")
    return repairs


def _check_recorder_settings(spool_dir: Path) -> Iterator[Finding]:
    if trouble := explain_url(choose_url(None)):
        yield Finding(
            what=f"Recorders that start in this environment deliver nothing: {trouble}.",
            hint="Write e.g. http://localhost:3000.",
        )
    nearest = next(path for path in (spool_dir, *spool_dir.absolute().parents) if path.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        yield Finding(
            what=f"Records can't be kept in {_show_path(spool_dir)}; they go to a temporary "
            "directory.",
            hint=f"Let this user write there, or choose another directory with {SPOOL_VARIABLE}.",
        )


def _show_path(path: Path) -> str:
    return escape_surrogates(str(path))


def format_ranges(ranges: Sequence[tuple[int, int]], shown: int = _SHOWN_RANGES) -> str:
    """
    Format ranges of numbers, e.g. `3, 5 to 9`.

    Args:
        ranges: The first and the last number of each range.
        shown: The largest number of ranges in the text; the rest become `…`.

    Returns:
        The text.
    """
    texts = [
        f"{first:,}" if first == last else f"{first:,} to {last:,}"
        for first, last in ranges[:shown]
    ]
    return ", ".join(texts) + (", …" if len(ranges) > shown else "")


def _read_history(
    choice: HistoryChoice, findings: list[Finding]
) -> tuple[
    StoreHealth | None, Space | None, Ledger | None, OutsideCalls | None, tuple[Unfinished, ...]
]:
    try:
        with choice.open() as logger:
            health = logger.reader.health()
            findings += map(_describe_exchange, health.changes)
            policy = choose_policy(choice.collect_sources(), choice.chosen_project())
            space = outside = None
            with suppress(StoreCapabilityError):
                space = logger.reader.measure_space(policy)
                findings += _find_excess(health.size_bytes, space, policy)
            with suppress(StoreCapabilityError):
                outside = logger.reader.count_outside_calls()
            ledger, unfinished = logger.reader.read_ledger(), logger.reader.list_unfinished()
            return health, space, ledger, outside, unfinished
    except FlightlogError as error:
        findings.append(Finding(what=error.message, hint=error.hint))
    return None, None, None, None, ()


def _find_left_running(unfinished: Sequence[Unfinished], here: set[str]) -> Iterator[Finding]:
    # Skip processes with a spool here: a living process ends its own executions, and the delivery
    # of a dead process's spool marks its executions as crashed.
    for left in unfinished:
        if left.process_id in here:
            continue
        parts = []
        if left.executions:
            parts.append(format_count(left.executions, "execution"))
        if left.node_executions:
            nodes = format_count(left.node_executions, "node execution")
            parts.append(f"{nodes} within executions that have ended or that other processes run")
        are = "is" if left.executions + left.node_executions == 1 else "are"
        what = f"{' and '.join(parts)} {are} shown as running, e.g. in {left.example}"
        silence = utc_now() - datetime.fromisoformat(left.last_heard)
        if left.process_id is None:
            yield Finding(
                what=f"{what}, and the records name no process that could have died.",
                hint=f"Send records with their ends, or run `flightlog delete {left.example}`.",
            )
        elif has_ended_here(left.process_id):
            yield Finding(
                what=f"{what}, but the process {left.process_id} has ended.",
                hint=f"{_LET_SERVE}.",
            )
        elif silence > _SILENCE:
            yield Finding(
                what=f"{what}, but the process {left.process_id} has no spool on this machine and "
                f"was last heard of at {left.last_heard}.",
                hint=f"Unless it runs on another machine: {_LET_SERVE[0].lower()}{_LET_SERVE[1:]}.",
            )


def _describe_exchange(change: FileChange) -> Finding:
    log = (
        f" Its write-ahead log, with the last records, is in {change.log}."
        if change.log is not None
        else ""
    )
    return Finding(
        what=f"At {change.at}, while the history was open, {change.what}.{log}",
        hint=("" if change.log is None else f"{_STORAGE_PAGE} says how to bring such a log back. ")
        + "Delete the file that ends in .changes.ndjson, beside the history, when you are done "
        "with it.",
    )


def _check_spools(directories: Sequence[Path], findings: list[Finding]) -> Iterator[Spool]:
    for directory in directories:
        try:
            found = list_spools(directory)
        except OSError as error:
            findings.append(
                Finding(
                    what=f"The spools in {_show_path(directory)} can't be seen ({error.strerror}).",
                    hint="Let this user read that directory.",
                )
            )
            continue
        spools = [_read_spool(status) for status in found]
        waiting: dict[str | None, list[Spool]] = {}
        for spool in spools:
            if not spool.alive:
                waiting.setdefault(spool.url, []).append(spool)
        findings.extend(_describe_waiting(url, left) for url, left in waiting.items())
        yield from spools


def _read_spool(status: SpoolStatus) -> Spool:
    owner = status.owner
    return Spool(
        process_id=owner.process_id if owner else status.path.name,
        alive=status.alive,
        url=escape_surrogates(owner.url) if owner else None,
        size_bytes=status.size_bytes,
        path=_show_path(status.path),
    )


def _describe_waiting(url: str | None, spools: Sequence[Spool]) -> Finding:
    if url is None:
        where = "Run `flightlog deliver --url URL`; where it was to go can't be read."
    elif is_loopback_url(url):
        where = (
            f"Run `flightlog serve`, which collects them within seconds, unless another receiver "
            f"answers at {url}; or run `flightlog deliver`."
        )
    else:
        where = f"Start their receiver, {url}, or run `flightlog deliver`."
    size = format_size(sum(spool.size_bytes for spool in spools))
    left = (
        f"The dead process {spools[0].process_id} has left"
        if len(spools) == 1
        else f"{len(spools):,} dead processes have left"
    )
    return Finding(what=f"{left} {size} of records that are not delivered.", hint=where)


def _find_excess(size_bytes: int, space: Space, policy: RetentionPolicy) -> Iterator[Finding]:
    if policy.max_bytes is None:
        return
    kept = space.protected
    if kept.exceeds_budget:
        yield Finding(
            what=f"What has to stay takes about {format_size(kept.bytes)}, more than the "
            f"{format_size(policy.max_bytes)} of max_size: "
            f"{format_count(kept.starred, 'starred execution')}, and the newest good execution of "
            f"{format_count(kept.newest_good, 'workflow')}.",
            hint="Remove stars (`flightlog list is:starred` lists them), or raise max_size.",
        )
    elif size_bytes > policy.max_bytes:
        yield Finding(
            what=f"The history takes {format_size(size_bytes)}, more than its "
            f"{format_size(policy.max_bytes)}.",
            hint="If no receiver runs, `flightlog prune` removes what exceeds it.",
        )


def _find_losses(ledger: Ledger, spools: Sequence[Spool]) -> Iterator[Finding]:
    waiting = {spool.process_id for spool in spools}
    for process in ledger.processes:
        are = "is" if process.missing == 1 else "are"
        yield Finding(
            what=f"{format_count(process.missing, 'record')} of the process {process.process_id} "
            f"{are} missing: {format_ranges(process.missing_ranges)}.",
            hint="They may be in its spool, which is still here: deliver it."
            if process.process_id in waiting
            else "If it ran on another machine, run `flightlog deliver` there; else they are lost.",
        )


def _find_refused(directories: Sequence[Path]) -> Iterator[Finding]:
    for directory in directories:
        for path in sorted(directory.glob(_REFUSED)):
            yield Finding(
                what=f"Records were refused for good; they are in {_show_path(path)}.",
                hint="`flightlog import` says why; delete the file when you are done with it.",
            )


def _check_key(findings: list[Finding]) -> Key:
    if os.environ.get(KEY_VARIABLE, "").strip():
        return Key(where=KEY_VARIABLE, present=True, private=True)
    path = find_key_file()
    try:
        private = os.name == "nt" or not path.stat().st_mode & _OTHERS
    except FileNotFoundError:
        return Key(where=_show_path(path), present=False, private=True)
    if not private:
        findings.append(
            Finding(
                what=f"Others on this machine can read the installation's secret, "
                f"{_show_path(path)}.",
                hint=f"Run `chmod 600 {_show_path(path)}`; if somebody may have read it, delete "
                "it: a new one is made.",
            )
        )
    return Key(where=_show_path(path), present=True, private=private)
