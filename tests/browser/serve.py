"""
Serves a history with every kind of data that the viewer shows, for tests and developers.

    PYTHONPATH=tests python -m browser.serve --scenario everything --executions 100000

The first line of output is the server's URL, the second a link that lets a page in. The server ends
with SIGTERM, with Ctrl-C, or with `--until-eof` at the end of its standard input.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final, Literal

import cyclopts
import msgspec

if __package__ in {None, ""}:
    sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import bulk, gallery, shop
from browser.live import Goings
from browser.manifest import MANIFEST
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.model import WorkflowExecution
from flightlog.store.retention import RetentionPolicy
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from support.postgres import start_postgres

Scenario = Literal["everything", "shop", "empty"]
StoreKind = Literal["sqlite", "postgres"]

_MIB: Final = 1 << 20


def serve(
    *,
    scenario: Scenario = "everything",
    executions: int = 0,
    large_mib: int = 30,
    nodes: int = 5_000,
    rate: float = 0,
    live: bool | None = None,
    port: int = 0,
    directory: Path | None = None,
    until_eof: bool = False,
    store: StoreKind = "sqlite",
) -> None:
    """
    Fill a history and serve it.

    Args:
        scenario: `everything`, `shop` (a few plain runs), or `empty`.
        executions: The number of further plain runs, over the last 30 days.
        large_mib: The size of the gallery's large output, in MiB.
        nodes: The number of nodes of the large execution.
        rate: New runs per second.
        live: Whether a run draws itself; always so with `everything`.
        port: The port, or 0 for a free port.
        directory: The project directory of the history, which is filled only if it is new.
        until_eof: Whether to end when standard input ends.
        store: Where the history is; `postgres` starts a server for it.
    """
    os.environ.setdefault("FLIGHTLOG_KEY", "the-key-of-the-browser-tests")
    with tempfile.TemporaryDirectory(prefix="flightlog-browser-") as scratch:
        project = directory or Path(scratch)
        database = project / ".lowcode" / "executions.db"
        is_new = not database.exists()
        database.parent.mkdir(parents=True, exist_ok=True)
        (database.parent / "manifest.json").write_bytes(msgspec.json.encode(MANIFEST))
        settings = ReceiverSettings(
            port=port,
            spool_dir=Path(scratch) / "spool",
            # The default of `flightlog serve`.
            retention=RetentionPolicy(max_bytes=10 * 2**30),
        )
        with _opening(store, database) as logger:
            if is_new:
                fill(logger, scenario, executions, large_mib * _MIB, nodes)
            receiver = Receiver(logger, settings)
            draws = scenario == "everything" if live is None else live
            sys.stdout.write(f"{receiver.url}\n{receiver.url}/#code={receiver.make_code()}\n")
            sys.stdout.flush()
            with Goings(logger, rate=rate, live=draws), _ending(until_eof=until_eof) as ended:
                with receiver.running():
                    ended.wait()


@contextlib.contextmanager
def _opening(store: StoreKind, database: Path) -> Iterator[ExecutionLogger]:
    if store == "postgres":
        with start_postgres() as histories, ExecutionLogger(histories.url) as logger:
            yield logger
        return
    sqlite = SqliteStore(database, SqliteSettings(synchronous="normal"))
    with ExecutionLogger(database, store=sqlite) as logger:
        yield logger


def fill(
    logger: ExecutionLogger, scenario: Scenario, executions: int, large_bytes: int, nodes: int
) -> None:
    """
    Store the runs of a scenario, and further plain runs.

    Args:
        logger: The history.
        scenario: The name of the scenario.
        executions: The number of further plain runs.
        large_bytes: The size of the gallery's large output.
        nodes: The number of nodes of the large execution.
    """
    now = datetime.now(UTC)
    if executions:
        bulk.fill(logger, executions, now - timedelta(minutes=10), timedelta(days=30))
    for portion in _SCENARIOS[scenario](now, large_bytes, nodes):
        logger.log_executions(portion)
    if scenario == "everything":
        logger.writer.set_star("order-declined", starred=True)


def _nothing(_now: datetime, _large_bytes: int, _nodes: int) -> list[list[WorkflowExecution]]:
    return []


def _shop(now: datetime, _large_bytes: int, _nodes: int) -> list[list[WorkflowExecution]]:
    return [list(shop.usual_day(now, 400, Random(7))), _known(now)]


def _everything(now: datetime, large_bytes: int, nodes: int) -> list[list[WorkflowExecution]]:
    return [
        *_shop(now, large_bytes, nodes),
        gallery.xss_runs(now - timedelta(hours=3)),
        [gallery.many_nodes_run(now - timedelta(minutes=50), nodes)],
        [gallery.gallery_run(now - timedelta(minutes=3), large_bytes)],
    ]


_SCENARIOS: Final[dict[Scenario, Callable[[datetime, int, int], list[list[WorkflowExecution]]]]] = {
    "everything": _everything,
    "shop": _shop,
    "empty": _nothing,
}


def _known(now: datetime) -> list[WorkflowExecution]:
    minutes = {name: now - timedelta(minutes=number) for number, name in enumerate(_KNOWN, 1)}
    return [
        shop.order_run("order-ok", minutes["order-ok"], number=300, slow=1.1),
        shop.order_run("order-declined", minutes["order-declined"], attempts=2, ending="declined"),
        shop.order_run("order-retried", minutes["order-retried"], attempts=3, number=12),
        shop.order_run("order-timeout", minutes["order-timeout"], ending="timeout", number=13),
        shop.sync_run("sync-200", minutes["sync-200"], 200),
        shop.mail_run("mail-1", minutes["order-ok"], "order-ok"),
        shop.mail_run("mail-2", minutes["order-ok"], "order-ok"),
        shop.crashed_run("crashed", minutes["crashed"]),
        shop.order_run("again", minutes["again"], number=7, retry_of="order-declined"),
    ]


_KNOWN: Final = (
    "order-ok",
    "order-declined",
    "order-retried",
    "order-timeout",
    "sync-200",
    "crashed",
    "again",
)


class _ending:  # noqa: N801  reads as a function
    """Make an event that is set when the program must end."""

    def __init__(self, *, until_eof: bool) -> None:
        self._ended = threading.Event()
        self._until_eof = until_eof

    def __enter__(self) -> threading.Event:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)
        if self._until_eof:
            threading.Thread(target=self._read, daemon=True).start()
        return self._ended

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _read(self) -> None:
        sys.stdin.buffer.read()
        self._ended.set()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ended.set()


if __name__ == "__main__":
    cyclopts.run(serve)
