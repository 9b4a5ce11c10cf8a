"""Read executions, node executions and payloads from ClickHouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS
from flightlog.record.merge import crashes_with_execution
from flightlog.record.model import RunKey, split_address
from flightlog.record.registers import Rank
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.keys import KnownRuns, find_started_id, read_runs
from flightlog.store.clickhouse.payloads import make_loader, read_sizes
from flightlog.store.clickhouse.registers import read_registers
from flightlog.store.clickhouse.schema import NODE_KEY, PLACE_COLUMNS
from flightlog.store.clickhouse.source import DIALECT, ClickHouseSource, check_expression
from flightlog.store.clickhouse.writing import EXECUTION_COLUMNS, NODE_COLUMNS
from flightlog.store.node_pages import read_place, write_next_cursor
from flightlog.store.outline import PayloadKind
from flightlog.store.positions import Position, Selection, find_page_start
from flightlog.store.query import ExecutionQuery
from flightlog.store.row_functions import LoadPayload, Row
from flightlog.store.rows import write_row
from flightlog.store.scanning import make_selection
from flightlog.store.server.scanning import select_executions
from flightlog.store.server.selection import (
    Term,
    compile_query,
    compile_terms,
    needs_folding,
)
from flightlog.store.states import MAX_STATE_NODES
from flightlog.store.tables import EXECUTIONS, NODES

_BEFORE_NODES: Final = read_place(None)
_NODE_KEY: Final = len(NODE_KEY)
_RETRY_OF: Final = EXECUTIONS.find_position("retry_of")
_NO_RUNS: Final = KnownRuns(frozenset(), frozenset())
_MOST_OFFSET: Final = 1_000
"""A page after more executions is found by a scan."""
_MOST_PLACES: Final = 5_000
"""The most places that one statement reads."""


class _Shown(NamedTuple):
    """An execution as lists and single executions show it."""

    row: Row
    starred: int
    position: Position
    is_crashed: bool


class ClickHouseReads:
    """
    Reads the rows of records; see `ReadStore` and `StateRows`.

    Args:
        connection: The connection.
        location: The address without secrets, for refusals.
    """

    def __init__(self, connection: Connection, location: str) -> None:
        self._connection = connection
        self._location = location
        self._source = ClickHouseSource(connection)
        self._known: dict[str, KnownRuns] = {}
        self._shown: dict[RunKey, _Shown] = {}

    def _find_runs(self, row_ids: Sequence[str]) -> dict[str, RunKey]:
        """Find the stored runs of rows; unknown ones are left out."""
        names = {row_id: find_started_id(row_id) for row_id in row_ids}
        self._read_runs(names.values())
        found = {row_id: self._known[name].find_run(row_id) for row_id, name in names.items()}
        return {row_id: run for row_id, run in found.items() if run is not None}

    def _read_runs(self, names: Iterable[str]) -> None:
        unknown = {name for name in names if name not in self._known}
        if not unknown:
            return
        known = read_runs(self._connection, unknown)
        by_name: dict[str, tuple[set[RunKey], set[RunKey]]] = {
            name: (set(), set()) for name in unknown
        }
        for place, runs in enumerate((known.stored, known.deleted)):
            for run in runs:
                by_name[run.execution_id][place].add(run)
        for name, (stored, deleted) in by_name.items():
            self._known[name] = KnownRuns(frozenset(stored), frozenset(deleted))

    def resolve_address(self, execution_id: str) -> str:
        """Find the current id of a run; see `HistoryStore.resolve_address`."""
        key = split_address(execution_id)
        if key is None:
            return execution_id
        self._read_runs([key.execution_id])
        return self._known[key.execution_id].find_row_id(key)

    def select(self, query: ExecutionQuery, *, is_bounded: bool) -> Selection:
        """Find the executions of a page; see `ReadStore.select`."""
        check_expression(self._location, query.expression)
        start = find_page_start(query)
        led, left, order = compile_query(query, start, DIALECT)
        is_plain = all(term.startswith(("started_at", "(started_at")) for term, _ in led)
        if left or not is_plain or needs_folding(query) or query.offset > _MOST_OFFSET:
            return select_executions(self._source, query, is_bounded=is_bounded)
        found = self._walk(led, order, query.offset + query.limit + 1)
        found = found[query.offset :]
        return make_selection(found, found[-1] if len(found) > query.limit else None, query.limit)

    def _walk(self, terms: list[Term], order: str, number: int) -> list[Position]:
        """Find the next executions by their places, of which some may be outdated."""
        found: dict[RunKey, Position] = {}
        start: list[Term] = []
        limit = number
        while True:
            where, bound = compile_terms([*terms, *start])
            rows = self._connection.fetch_all(
                f"SELECT {', '.join(PLACE_COLUMNS)} FROM places WHERE {where} {order} LIMIT %s",
                (*bound, limit),
            )
            runs = {RunKey(*run): started_at for started_at, _, *run in rows}
            self._load(run for run in runs if run not in self._shown)
            for run, started_at in runs.items():
                shown = self._shown.get(run)
                if shown is not None and shown.position.started_at == started_at:
                    found.setdefault(run, shown.position)
            if len(rows) < limit or len(found) >= number:
                return list(found.values())[:number]
            beyond = "<" if "DESC" in order else ">"
            start = [
                (f"started_at {beyond}= %s", (rows[-1][0],)),
                (f"(started_at, ordinal) {beyond} (%s, %s)", tuple(rows[-1][:2])),
            ]
            limit = min(2 * limit, _MOST_PLACES)

    def fetch_at(self, positions: list[Position]) -> list[Row]:
        """Read executions at positions; see `ReadStore.fetch_at`."""
        ordinals = {position.ordinal for position in positions}
        missing = ordinals.difference(each.position.ordinal for each in self._shown.values())
        if missing:
            self._load(self._source.find_runs(sorted(missing)))
        chosen = [run for run, each in self._shown.items() if each.position.ordinal in ordinals]
        chosen.sort(key=lambda run: self._shown[run].position, reverse=True)
        return self._read_shown(chosen)

    def fetch_shown(self, execution_id: str) -> list[Row]:
        """Read one execution; see `ReadStore.fetch_shown`."""
        name = find_started_id(execution_id)
        if name not in self._known:
            self._load_where("execution_id IN %(ids)s", {"ids": [name]})
        run = self._known[name].find_run(execution_id)
        return [] if run is None else self._read_shown([run])

    def _read_shown(self, runs: Sequence[RunKey]) -> list[Row]:
        """Read executions in the order of their runs, with the columns of `SHOWN_EXECUTION`."""
        self._load(run for run in runs if run not in self._shown)
        rows = []
        for run in runs:
            shown = self._shown.get(run)
            if shown is None:
                continue
            row = shown.row
            if row[_RETRY_OF] is None:
                previous = self._known[run.execution_id].find_previous(run)
                if previous is not None:
                    row = (*row[:_RETRY_OF], previous.address, *row[_RETRY_OF + 1 :])
            rows.append((*row, shown.starred, shown.position.ordinal))
        return rows

    def _load(self, runs: Iterable[RunKey]) -> None:
        """Read runs that exist into `_shown`."""
        keys = [tuple(run) for run in runs]
        if keys:
            bound = {"keys": keys, "ids": sorted({key[0] for key in keys})}
            self._load_where("(execution_id, run_id) IN %(keys)s", bound)

    def _load_where(self, condition: str, bound: Mapping[str, Any]) -> None:
        rows = self._connection.fetch_all(
            f"SELECT {', '.join(EXECUTION_COLUMNS)}, starred_r.2, ordinal_r, execution_id IN "
            "(SELECT execution_id FROM reused_ids WHERE execution_id IN %(ids)s) "
            f"FROM execution_registers FINAL PREWHERE {condition} "
            "WHERE status_r.1 > 0 AND (execution_id, run_id) NOT IN (SELECT execution_id, run_id "
            "FROM deleted_executions WHERE execution_id IN %(ids)s)",
            bound,
        )
        # Few ids are those of several runs.
        self._read_runs(row[0] for row in rows if row[-1])
        for name in bound["ids"]:
            self._known.setdefault(name, _NO_RUNS)
        for execution_id, run_id, *columns, starred, ordinal, _ in rows:
            run = RunKey(execution_id, run_id)
            known = self._known[execution_id]
            if known is _NO_RUNS:
                known = self._known[execution_id] = KnownRuns(frozenset([run]), frozenset())
            registers = read_registers(EXECUTION_FIELDS, columns, _keep_content)
            row = write_row(EXECUTIONS, (known.find_row_id(run),), registers, _get_content)
            position = Position(registers.get("started_at"), ordinal)
            crashed = registers.get("status") == "error" and registers.version.rank == Rank.RUNNING
            self._shown[run] = _Shown(row, starred, position, crashed)

    def fetch_nodes(self, ids: Sequence[str], limit: int | None) -> list[Row]:
        """Read node executions; see `ReadStore.fetch_nodes`."""
        runs = self._find_runs(ids)
        bound: dict[str, Any] = {"runs": [tuple(run) for run in runs.values()]}
        rows = self._read_nodes(
            "(execution_id, run_id) IN %(runs)s",
            "" if limit is None else f"LIMIT {limit:d} BY execution_id, run_id",
            bound,
        )
        by_id: dict[str, list[Row]] = {}
        for row in rows:
            by_id.setdefault(row[0], []).append(row)
        ordered = [row for row_id in dict.fromkeys(ids) for row in by_id.get(row_id, ())]
        return ordered[:limit]

    def _read_nodes(self, condition: str, limit: str, bound: Mapping[str, Any]) -> list[Row]:
        """Read rows of `NODES` of the runs that the bound values name."""
        if not bound["runs"]:
            return []
        rows = self._connection.fetch_all(
            f"SELECT {', '.join(NODE_COLUMNS)} FROM node_registers FINAL "
            f"PREWHERE {condition} WHERE status_r.1 > 0 "
            f"ORDER BY execution_id, run_id, sequence, node_id {limit}",
            bound,
        )
        nodes = [
            (RunKey(*row[:2]), row, read_registers(NODE_FIELDS, row[_NODE_KEY:], _keep_content))
            for row in rows
        ]
        # Only running nodes crash with their executions.
        running = {run for run, _, registers in nodes if registers.get("status") == "running"}
        self._load(run for run in running if run not in self._shown)
        made = []
        for run, (execution_id, _, sequence, node_id, *_), registers in nodes:
            key = (self._known[execution_id].find_row_id(run), sequence, node_id)
            shown = self._shown.get(run)
            is_crash = shown is not None and shown.is_crashed and crashes_with_execution(registers)
            made.append(write_row(NODES, key, registers, _get_content, crashed=is_crash))
        return made

    def fetch_page(
        self, execution_id: str, limit: int | None, cursor: str | None
    ) -> tuple[list[Row], str | None]:
        """Read a page of node executions; see `ReadStore.fetch_page`."""
        most = None if limit is None else limit + 1
        rows = self._read_nodes_after(execution_id, read_place(cursor), most)
        return rows[:limit], None if limit is None else write_next_cursor(rows, limit)

    def _read_nodes_after(
        self, execution_id: str, place: Sequence[int | str], most: int | None
    ) -> list[Row]:
        sequence, node_id = place
        bound = {
            "runs": [tuple(run) for run in self._find_runs([execution_id]).values()],
            "sequence": sequence,
            "node_id": node_id,
        }
        condition = "(execution_id, run_id) IN %(runs)s"
        if sequence != -1:
            condition += " AND (sequence, node_id) > (%(sequence)s, %(node_id)s)"
        return self._read_nodes(condition, "" if most is None else f"LIMIT {most:d}", bound)

    def find_payload(
        self, execution_id: str, kind: PayloadKind, sequence: int | None, node_id: str | None
    ) -> str | None:
        """
        Find the value of a payload's column.

        Args:
            execution_id: An execution's id, or the address of a run.
            kind: The kind of the payload.
            sequence: The sequence of the node execution.
            node_id: The node; None means the first one.

        Returns:
            The value; None when there is no such payload.
        """
        runs = self._find_runs([self.resolve_address(execution_id)])
        bound = {
            "runs": [tuple(run) for run in runs.values()],
            "sequence": sequence,
            "node": node_id,
        }
        if not runs:
            return None
        if kind == "trigger":
            sql = "SELECT trigger_data FROM executions WHERE (started_id, run_key) IN %(runs)s"
        else:
            sql = (
                f"SELECT {kind} FROM node_executions WHERE (started_id, run_key) IN %(runs)s "
                "AND sequence = %(sequence)s AND (%(node)s IS NULL OR node_id = %(node)s) "
                "ORDER BY node_id LIMIT 1"
            )
        row = self._connection.fetch_one(sql, bound)
        return None if row is None else row[0]

    def read_sizes(self, values: Iterable[str | None]) -> Mapping[str, int]:
        """Read the sizes of stored payloads; see `ReadStore.read_sizes`."""
        return read_sizes(self._connection, values)

    def make_loader(self, values: Iterable[str | None]) -> LoadPayload:
        """Read payloads; see `ReadStore.make_loader`."""
        return make_loader(self._connection, values)


class ClickHouseStateRows(ClickHouseReads):
    """
    Reads the rows of states, the node executions of a whole page at once; see `StateRows`.

    Args:
        connection: The connection.
        location: The address without secrets.
    """

    def __init__(self, connection: Connection, location: str) -> None:
        super().__init__(connection, location)
        self._prefetched: dict[str, list[Row]] = {}

    def fetch_executions(
        self, runs: Sequence[RunKey] | None, last_id: str, limit: int, *, with_last: bool
    ) -> list[Row]:
        """Read executions; see `StateRows.fetch_executions`."""
        condition = "true" if runs is None else "(started_id, run_key) IN %(runs)s"
        if runs is not None and not runs:
            return []
        rows = self._connection.fetch_all(
            "SELECT id, started_id, run_key FROM executions "
            f"WHERE {condition} AND (id > %(last)s OR (%(with)s = 1 AND id = %(last)s)) "
            "ORDER BY id LIMIT %(limit)s",
            {
                "runs": [tuple(run) for run in runs or ()],
                "last": last_id,
                "with": int(with_last),
                "limit": limit,
            },
        )
        chosen = [RunKey(*row[1:]) for row in rows]
        self._load(chosen)
        found = {run: self._shown[run] for run in chosen if run in self._shown}
        shown = []
        for run in chosen:
            if run in found:
                row = found[run].row
                self._prefetched[row[0]] = []
                reused_id = run.execution_id if row[0] != run.execution_id else None
                shown.append((*row, found[run].starred, reused_id))
        # One execution more than the page begins the next one.
        first = self._read_nodes(
            "(execution_id, run_id) IN %(runs)s",
            f"LIMIT {MAX_STATE_NODES + 1:d}",
            {"runs": [tuple(run) for run in found]},
        )
        for node in first:
            self._prefetched[node[0]].append(node)
        if len(first) > MAX_STATE_NODES:
            # The last run may have more node executions, and so may the runs after it.
            last = next(run for run in found if found[run].row[0] == first[-1][0])
            for run in found:
                if run >= last:
                    del self._prefetched[found[run].row[0]]
        return shown

    def fetch_nodes_after(
        self, execution_id: str, place: Sequence[int | str], limit: int
    ) -> list[Row]:
        """Read node executions; see `StateRows.fetch_nodes_after`."""
        prefetched = self._prefetched.get(execution_id)
        if prefetched is not None and tuple(place) == _BEFORE_NODES:
            return prefetched[:limit]
        return self._read_nodes_after(execution_id, place, limit)


def _keep_content(content: str, number: int) -> str:
    del number
    return content


def _get_content(value: str) -> str:
    return value
