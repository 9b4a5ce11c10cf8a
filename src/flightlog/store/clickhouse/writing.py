"""
Write records and states: read what is stored of their runs, join, and insert what changed.

The insertion alone would give the same state, because a register's greatest value wins on the
server. The writer reads the stored state so that the answer says which executions are new or
changed, and so that repeated records insert nothing. Payloads come first, then node executions,
then executions, so that nothing refers to a missing row when a receiver dies in between; the sender
repeats what was not acknowledged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from msgspec import Raw, Struct
from msgspec.structs import replace

from flightlog.clock import Clock
from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS
from flightlog.record.merge import (
    is_crashed,
    presume_crash,
    presume_node_crash,
    shows_change,
)
from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.record.registers import (
    NodeKey,
    Nodes,
    Registers,
    join,
    join_nodes,
    make_execution_registers,
    make_node_registers,
)
from flightlog.record.state import ExecutionState
from flightlog.record.times import normalize_time
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.erase import first_ordinal
from flightlog.store.clickhouse.keys import KnownRuns, note_reused_ids, read_runs
from flightlog.store.clickhouse.ledger import LedgerWriter
from flightlog.store.clickhouse.payloads import load_stored, store_payloads
from flightlog.store.clickhouse.registers import list_absent, read_registers, write_registers
from flightlog.store.clickhouse.schema import (
    EXECUTION_KEY,
    NODE_KEY,
    NOTE_COLUMNS,
    PLACE_COLUMNS,
    list_columns,
)
from flightlog.store.outcomes import Outcome, Tally, count_outcomes, divide
from flightlog.store.record_writer import CRASHED_AT_ONCE, Crashed
from flightlog.store.results import LogResult
from flightlog.store.row_functions import Row
from flightlog.store.states import Tombstone

EXECUTION_COLUMNS: Final = (*EXECUTION_KEY, *list_columns(EXECUTION_FIELDS))
NODE_COLUMNS: Final = (*NODE_KEY, *list_columns(NODE_FIELDS))
_INSERTED: Final = (*EXECUTION_COLUMNS, *NOTE_COLUMNS)
_ABSENT_NODE: Final = (*(None for _ in NODE_KEY), *list_absent(NODE_FIELDS))
_ABSENT_EXECUTION: Final = (
    *(None for _ in EXECUTION_KEY),
    *list_absent(EXECUTION_FIELDS),
    *(None for _ in NOTE_COLUMNS),
)
"""The values of columns without a value; None where every row has one."""
_KEYS_AT_ONCE: Final = 5_000
PORTION_PARTS: Final = 4_000
"""The most executions and node executions that are joined at once; insertions should be few."""
_NO_STAR: Final = (0, 0)


class _Stored(NamedTuple):
    """An execution that is stored."""

    registers: Registers
    starred: bool
    ordinal: int


class Part(Struct):
    """The joined registers of the records of one run."""

    execution: Registers
    nodes: Nodes
    starred: bool


class Ordinals:
    """Numbers that grow with each execution of this process, and hardly meet those of others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def take(self) -> int:
        """
        Take the next number.

        Returns:
            The number, by the time of the machine.
        """
        with self._lock:
            self._last = max(self._last + 1, first_ordinal(time.time()))
            return self._last


_ordinals: Final = Ordinals()


class BatchWriter:
    """
    Joins records into a history.

    Args:
        connection: The connection.
        clock: The time of the events that the store itself notes.

    Attributes:
        changed: The executions that the last call created or changed.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._load = load_stored(connection)
        self._noted: set[str] = set()
        self.ledger = LedgerWriter(connection, clock)
        self.changed: list[str] = []

    def write(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        """
        Join the records of several requests; see `record_writer.Writer.write`.

        Args:
            requests: The records of each request.

        Returns:
            The result of each request.
        """
        tally = Tally()
        changed: list[str] = []
        for portion in divide(requests, PORTION_PARTS):
            parts = {run: _join_records(each) for run, each in portion.records_by_run.items()}
            tally.add(portion, self._join(parts))
            if portion.received_by_process:
                self.ledger.note(portion.received_by_process)
            changed += self.changed
        self.changed = list(dict.fromkeys(changed))
        return tally.make_results(len(requests))

    def write_states(self, states: Sequence[ExecutionState]) -> LogResult:
        """
        Join states of runs, whole or partial.

        Args:
            states: The states.

        Returns:
            The result.
        """
        parts: dict[RunKey, Part] = {}
        for state in states:
            part = parts.get(state.run)
            if part is None:
                parts[state.run] = Part(state.execution, dict(state.nodes), state.starred)
                continue
            part.execution = join(part.execution, state.execution)
            join_nodes(part.nodes, state.nodes)
            part.starred |= state.starred
        return count_outcomes(self._join(parts))

    def _join(self, parts: Mapping[RunKey, Part]) -> dict[RunKey, Outcome]:
        known = read_runs(self._connection, (run.execution_id for run in parts))
        wanted = [run for run in parts if run in known.stored]
        stored = self._read_executions(wanted)
        nodes = self._read_nodes({run: list(parts[run].nodes) for run in wanted})
        batch = _Batch(self._now(), int(self._clock().timestamp() * 1e9))
        outcomes: dict[RunKey, Outcome] = {}
        for run, part in parts.items():
            if run in known.deleted:
                outcomes[run] = "deleted"
                continue
            found = stored.get(run)
            old = None if found is None else found.registers
            new = join(old, part.execution)
            is_changed = old is None or _shows_change(known, run, old, new)
            is_starred = part.starred and not (found is not None and found.starred)
            batch.add_execution(run, new, found, is_starred=is_starred)
            for key, registers in part.nodes.items():
                old_node = nodes.get((run, key))
                new_node = join(old_node, registers)
                if batch.add_node(run, key, new_node, old_node):
                    is_changed |= shows_change(old_node, new_node)
            is_changed |= is_starred
            outcomes[run] = "created" if old is None else "changed" if is_changed else "unchanged"
        batch.insert(self._connection)
        changed = [run for run, done in outcomes.items() if done in {"created", "changed"}]
        self._note_changed(known, changed)
        return outcomes

    def _note_changed(self, before: KnownRuns, runs: Sequence[RunKey]) -> None:
        """Note which ids several runs share, and which executions changed."""
        new = [run for run in runs if run not in before.stored and run not in before.deleted]
        # A connection may have been lost after runs were inserted and before they were noted.
        unnoted = before.list_shared_ids() - self._noted
        after = before
        if new or unnoted:
            after = note_reused_ids(self._connection, unnoted | {run.execution_id for run in runs})
            self._noted |= after.list_shared_ids()
        changed = set(runs).union(*(after.find_affected(run) for run in new))
        stored = sorted(changed & after.stored)
        self.changed = [after.find_row_id(run) for run in stored]

    def note_deleted(self, tombstones: Sequence[Tombstone]) -> tuple[RunKey, ...]:
        """
        Remember deletions of runs that are not stored; see `record_writer.Writer.note_deleted`.

        Args:
            tombstones: The deletions.

        Returns:
            The runs that are stored.
        """
        known = read_runs(self._connection, (each.run.execution_id for each in tombstones))
        absent = {
            each.run: (*each.run, each.deleted_at)
            for each in tombstones
            if each.run not in known.stored and each.run not in known.deleted
        }
        self.insert_tombstones(list(absent.values()))
        self._note_changed(known, list(absent))
        return tuple(each.run for each in tombstones if each.run in known.stored)

    def insert_tombstones(self, rows: Sequence[Row]) -> None:
        """
        Remember deletions.

        Args:
            rows: The id and the run of each, and the time of its deletion.
        """
        columns = (*EXECUTION_KEY, "deleted_at")
        self._connection.insert("deleted_executions", columns, rows)

    def set_star(self, run: RunKey, *, starred: bool) -> bool:
        """
        Star a run, or remove the star.

        Args:
            run: A stored run.
            starred: Whether the run should be starred.

        Returns:
            Whether this changed the star.
        """
        stored = self._read_executions([run]).get(run)
        if stored is None or stored.starred == starred:
            return False
        batch = _Batch(self._now(), int(self._clock().timestamp() * 1e9))
        batch.set_star(run, stored, starred=starred)
        batch.insert(self._connection)
        return True

    def crash(self, process_id: str) -> Crashed:
        """
        Presume that a process crashed; see `record_writer.Writer.crash`.

        Args:
            process_id: The process.

        Returns:
            The marked work.
        """
        database = self._connection.database
        rows = self._connection.fetch_all(
            f"SELECT started_id, run_key FROM {database}.executions "
            "WHERE status = 'running' AND process_id = %s ORDER BY id LIMIT %s",
            (process_id, CRASHED_AT_ONCE),
        )
        runs = [RunKey(*row) for row in rows]
        executions = self._read_executions(runs)
        innermost = self._find_innermost(runs)
        batch = _Batch(self._now(), 0)
        for run, stored in executions.items():
            old = stored.registers
            new = join(old, presume_crash(old, innermost.get(run)))
            batch.add_execution(run, new, stored, is_starred=False)
        batch.insert(self._connection)
        changed = list(executions)
        more = len(rows) == CRASHED_AT_ONCE
        if not more:
            nodes = self._find_running_nodes(process_id)
            batch = _Batch(self._now(), 0)
            for (run, key), known_node in self._read_nodes(nodes).items():
                crashed = join(known_node, presume_node_crash(known_node))
                batch.add_node(run, key, crashed, known_node)
            batch.insert(self._connection)
            changed += nodes
            more = sum(map(len, nodes.values())) == CRASHED_AT_ONCE
        known = read_runs(self._connection, (run.execution_id for run in changed))
        self._note_changed(known, changed)
        return Crashed(executions=len(rows), more=more)

    def _find_innermost(self, runs: Sequence[RunKey]) -> dict[RunKey, str]:
        if not runs:
            return {}
        rows = self._connection.fetch_all(
            f"SELECT execution_id, run_id, argMax(node_id, (sequence, node_id)) "
            f"FROM {self._connection.database}.node_registers FINAL "
            "WHERE (execution_id, run_id) IN %s AND status_r.3 = 1 AND status_r.1 > 0 "
            "AND process_id_r.1 = 0 GROUP BY execution_id, run_id",
            ([tuple(run) for run in runs],),
        )
        return {RunKey(*run): node_id for *run, node_id in rows}

    def _find_running_nodes(self, process_id: str) -> dict[RunKey, list[NodeKey]]:
        database = self._connection.database
        rows = self._connection.fetch_all(
            "SELECT started_id, run_key, sequence, node_id "
            f"FROM {database}.node_executions WHERE status = 'running' AND (process_id = %(id)s OR "
            "(process_id IS NULL AND (started_id, run_key) IN "
            f"(SELECT started_id, run_key FROM {database}.executions WHERE process_id = %(id)s))) "
            "ORDER BY execution_id LIMIT %(limit)s",
            {"id": process_id, "limit": CRASHED_AT_ONCE},
        )
        found: dict[RunKey, list[NodeKey]] = {}
        for execution_id, run_id, *key in rows:
            found.setdefault(RunKey(execution_id, run_id), []).append(NodeKey(*key))
        return found

    def _now(self) -> str:
        return normalize_time(self._clock().isoformat())

    def _read_executions(self, runs: Sequence[RunKey]) -> dict[RunKey, _Stored]:
        found: dict[RunKey, _Stored] = {}
        for chosen in _split(runs):
            rows = self._connection.fetch_all(
                f"SELECT {', '.join(EXECUTION_COLUMNS)}, starred_r.2, ordinal_r "
                f"FROM {self._connection.database}.execution_registers FINAL "
                "PREWHERE (execution_id, run_id) IN %s WHERE status_r.1 > 0",
                ([tuple(run) for run in chosen],),
            )
            for execution_id, run_id, *columns, starred, ordinal in rows:
                registers = read_registers(EXECUTION_FIELDS, columns, self._load)
                stored = _Stored(registers, starred=bool(starred), ordinal=ordinal)
                found[RunKey(execution_id, run_id)] = stored
        return found

    def _read_nodes(
        self, wanted: Mapping[RunKey, Sequence[NodeKey]]
    ) -> dict[tuple[RunKey, NodeKey], Registers]:
        keys = [(*run, key.sequence) for run, its_keys in wanted.items() for key in its_keys]
        found: dict[tuple[RunKey, NodeKey], Registers] = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            rows = self._connection.fetch_all(
                f"SELECT {', '.join(NODE_COLUMNS)} "
                f"FROM {self._connection.database}.node_registers FINAL "
                "PREWHERE (execution_id, run_id, sequence) IN %s WHERE status_r.1 > 0",
                (keys[start : start + _KEYS_AT_ONCE],),
            )
            for execution_id, run_id, sequence, node_id, *columns in rows:
                key = (RunKey(execution_id, run_id), NodeKey(sequence, node_id))
                found[key] = read_registers(NODE_FIELDS, columns, self._load)
        return found


class _Batch:
    """
    The rows of one call.

    Args:
        now: The time of the call, canonical.
        now_ns: The time of its stars, nanoseconds since 1970.
    """

    def __init__(self, now: str, now_ns: int) -> None:
        self._now = now
        self._now_ns = now_ns
        self._payloads: dict[str, Raw] = {}
        self._places: list[Row] = []
        self._executions: list[list[Any]] = []
        self._nodes: list[list[Any]] = []

    def add_execution(
        self, run: RunKey, new: Registers, stored: _Stored | None, *, is_starred: bool
    ) -> None:
        """Add what changed of an execution."""
        ordinal = _ordinals.take() if stored is None else stored.ordinal
        old = None if stored is None else stored.registers
        if new is old and not is_starred:
            return
        if old is None or new.get("started_at") != old.get("started_at"):
            self._places.append((new.get("started_at"), ordinal, *run))
        star = (self._now_ns, 1) if is_starred else _NO_STAR
        self._add_row(run, new, old, star, ordinal)

    def set_star(self, run: RunKey, stored: _Stored, *, starred: bool) -> None:
        """Add a star, or its removal."""
        known = stored.registers
        self._add_row(run, known, known, (self._now_ns, int(starred)), stored.ordinal)

    def _add_row(
        self,
        run: RunKey,
        new: Registers,
        old: Registers | None,
        star: tuple[int, int],
        ordinal: int,
    ) -> None:
        columns = write_registers(new, old, self._payloads)
        self._executions.append([*run, *columns, star, self._now, ordinal])

    def add_node(self, run: RunKey, key: NodeKey, new: Registers, old: Registers | None) -> bool:
        """Add what changed of a node execution, and return whether anything did."""
        if new is old:
            return False
        self._nodes.append([*run, *key, *write_registers(new, old, self._payloads)])
        return True

    def insert(self, connection: Connection) -> None:
        """Insert all rows."""
        store_payloads(connection, self._payloads, int(time.time()))
        # A place without an execution is ignored.
        connection.insert("places", PLACE_COLUMNS, self._places)
        _insert_registers(connection, "node_registers", NODE_COLUMNS, _ABSENT_NODE, self._nodes)
        _insert_registers(
            connection, "execution_registers", _INSERTED, _ABSENT_EXECUTION, self._executions
        )


def _insert_registers(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    absent: Sequence[Any],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Insert rows without the columns that no row has, which are most of them."""
    places = [
        place
        for place, nothing in enumerate(absent)
        if nothing is None or any(row[place] is not nothing for row in rows)
    ]
    select = itemgetter(*places)
    connection.insert(table, select(columns), list(map(select, rows)))


def _join_records(records: Iterable[WorkflowExecution]) -> Part:
    execution: Registers | None = None
    nodes: Nodes = {}
    starred = False
    for record in records:
        execution = join(execution, make_execution_registers(record))
        join_nodes(nodes, make_node_registers(record))
        starred |= record.starred
    assert execution is not None, "there is at least one record"
    return Part(execution, nodes, starred)


def _shows_change(known: KnownRuns, run: RunKey, old: Registers, new: Registers) -> bool:
    if new is old:
        return False
    # The revision is shown, too.
    if old.version != new.version or is_crashed(old) != is_crashed(new):
        return True
    link, previous = new.get("retry_of"), known.find_previous(run)
    if link is not None and old.get("retry_of") is None and previous is not None:
        # The link to the run before is shown although no record names it.
        values = [*old.values]
        values[old.fields.index["retry_of"]] = previous.address
        old = replace(old, values=tuple(values))
    return shows_change(old, new)


def _split(runs: Sequence[RunKey]) -> Iterable[Sequence[RunKey]]:
    for start in range(0, len(runs), _KEYS_AT_ONCE):
        yield runs[start : start + _KEYS_AT_ONCE]
