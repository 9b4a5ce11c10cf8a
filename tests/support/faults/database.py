"""The scenario of several receivers that share a history in PostgreSQL."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from contextlib import ExitStack, suppress
from random import Random
from typing import Final

import psycopg

from flightlog.logger import ExecutionLogger
from support.faults.figures import Figures, read_all
from support.faults.site import Site
from support.faults.torture import Torture
from support.postgres import PostgresServer, start_server

RECEIVERS: Final = 3
WORKFLOWS: Final = 8
_PACE_MS: Final = 100.0
_EACH_RESTART: Final = 5
_STARTS: Final = 20
_CUT: Final = (
    "SELECT count(*) FROM pg_stat_activity, pg_terminate_backend(pid) "
    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def postgres_struck(torture: Torture) -> Figures:
    """
    Kill receivers, cut their connections, and crash the database server.

    Three receivers share one history, and eight workflows deliver to them. A repetition kills one
    receiver and cuts all connections; each fifth one also crashes the server. At the end the
    history is compared with the workflows' notes, and the counts with a scan.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = torture.figures("receivers, connections and PostgreSQL")
    with ExitStack() as stack:
        server = stack.enter_context(start_server())
        sites = [
            stack.enter_context(torture.site(f"site-{number}", database_url=server.url))
            for number in range(RECEIVERS)
        ]
        strikes = _Strikes(server)
        for site in sites:
            strikes.start_receiver(site)
        for number in range(WORKFLOWS):
            site = sites[number % RECEIVERS]
            site.start_workflow(pace_ms=_PACE_MS, hurried=number % 2 > 0)
        torture.in_lanes(RECEIVERS, lambda lane, random: strikes.strike(sites[lane], random))
        for site in sites:
            for workflow in site.workflows:
                workflow.ask_to_end()
        for site in sites:
            site.settle()
        figures.kills += sum(site.receiver_kills for site in sites[1:])
        for site in sites[1:]:
            sites[0].workflows += site.workflows
        figures.add(sites[0])
        _compare_counts(sites[0], figures)
        figures.notes.append(strikes.describe())
    return figures


class _Strikes:
    """Strikes receivers and their server, and counts the strikes."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._restarting = threading.Lock()
        self._counted: Counter[str] = Counter()

    def strike(self, site: Site, random: Random) -> None:
        """Cut the connections of all receivers, and kill one; sometimes the server crashes."""
        random.choice(site.workflows).go_on(random.randrange(1, 10))
        if next(self._numbers) % _EACH_RESTART == 0:
            with self._restarting:
                self._server.restart()
            self._counted["crashes of the server"] += 1
        self._cut()
        random.choice(site.workflows).go_on(random.randrange(1, 10))
        site.kill_receiver()
        self.start_receiver(site)

    def _cut(self) -> None:
        with (
            self._restarting,
            suppress(psycopg.OperationalError),
            psycopg.connect(self._server.url) as connection,
        ):
            row = connection.execute(_CUT).fetchone()
            self._counted["times all connections cut"] += 1
            self._counted["connections cut"] += row[0] if row else 0

    def start_receiver(self, site: Site) -> None:
        """Start a receiver until it runs, as a supervisor of services does."""
        for number in range(_STARTS):
            try:
                with self._restarting:
                    site.start_receiver()
            except AssertionError:
                self._counted["starts without a database"] += 1
                site.kill_receiver()
                site.receiver_kills -= 1
                if number == _STARTS - 1:
                    raise
            else:
                return

    def describe(self) -> str:
        """Write the numbers of the strikes."""
        return ", ".join(f"{count:,} {name}" for name, count in sorted(self._counted.items()))


def _compare_counts(site: Site, figures: Figures) -> None:
    with ExecutionLogger(site.history) as logger:
        scanned: Counter[str] = Counter(execution.status for execution in read_all(logger))
        stats = logger.reader.read_stats()
    counted = {"success": stats.success, "error": stats.error, "running": stats.running}
    if counted != {status: scanned[status] for status in counted}:
        figures.damaged += 1
        figures.complain(f"counts are {counted}, and a scan finds {dict(scanned)}")
    figures.notes.append(f"{stats.total:,} executions, as a scan finds them: {counted}")
