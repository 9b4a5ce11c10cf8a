"""
`RoutedStore`: the receiver's store, which stores every record in the history of its project.

A process, with its executions, belongs to the project that was current at the process's first
message. Nothing else in a record names its project. So a run stays in one history when the editor
switches to another project during the run.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Raw

from flightlog.ipc.projects import OpenProject, OpenProjects
from flightlog.ipc.recording import RecordingRules
from flightlog.ipc.viewing import RoutedViews
from flightlog.logger import ExecutionLogger
from flightlog.record.model import WorkflowExecution
from flightlog.store.base import (
    ExecutionStats,
    Ledger,
    LogResult,
    Page,
    StoreHealth,
    Unfinished,
)
from flightlog.store.changes import OnChange
from flightlog.store.outline import PayloadKind
from flightlog.store.query import EVERYTHING, ExecutionQuery, HistoryFilter

MAX_REMEMBERED: Final = 65_536
"""The number of processes and running executions whose history the store remembers."""


class RoutedStore:
    """
    The histories of all projects as one `ExecutionStore`; reads go to the current history.

    Args:
        histories: The histories; the caller that made them closes them.
        rules: Which records are kept.
    """

    def __init__(self, histories: OpenProjects, rules: RecordingRules) -> None:
        self._histories = histories
        self._rules = rules
        self._lock = threading.Lock()
        self.views: Final = RoutedViews(self._current)
        self._homes: OrderedDict[str, OpenProject] = OrderedDict()

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """Store records, each in the history of its process; see `ExecutionStore.merge`."""
        of_home: dict[Path, tuple[OpenProject, list[WorkflowExecution]]] = {}
        with self._lock:
            for record in records:
                home = self._home(record)
                of_home.setdefault(home.path, (home, []))[1].append(record)
        results = []
        for home, theirs in of_home.values():
            with self._histories.reopened(home) as logger:
                results.append(self._rules.store(logger, home.project, theirs))
        return LogResult(
            created=sum(result.created for result in results),
            changed=sum(result.changed for result in results),
            unchanged=sum(result.unchanged for result in results),
            deleted=tuple(name for result in results for name in result.deleted),
        )

    def assign(self, execution_id: str, home: OpenProject) -> None:
        """
        Store an execution that is about to begin in a given history.

        Args:
            execution_id: The execution.
            home: The history.
        """
        with self._lock:
            self._homes[f"execution {execution_id}"] = home

    def _home(self, record: WorkflowExecution) -> OpenProject:
        if f"execution {record.id}" in self._homes:
            return self._store_for(f"execution {record.id}", remember=True)
        process_id = record.process_id
        if process_id is None and record.message is not None:
            process_id = record.message.process_id
        if process_id is not None:
            return self._store_for(f"process {process_id}", remember=True)
        return self._store_for(f"execution {record.id}", remember=record.status == "running")

    def _store_for(self, whom: str, *, remember: bool) -> OpenProject:
        home = self._homes.get(whom, self._histories.current)
        if remember or whom in self._homes:
            self._homes[whom] = home
            self._homes.move_to_end(whom)
            if len(self._homes) > MAX_REMEMBERED:
                self._homes.popitem(last=False)
        return home

    def find(self, query: ExecutionQuery) -> Page:
        """List executions of the current history; see `ExecutionStore.find`."""
        with self._current() as logger:
            return logger.query(query)

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """Read an execution of the current history; see `ExecutionStore.get`."""
        with self._current() as logger:
            return logger.get_execution(execution_id)

    def get_payload(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
    ) -> Raw | None:
        """Read a payload of the current history; see `ExecutionStore.get_payload`."""
        with self._current() as logger:
            return logger.get_payload(execution_id, kind, sequence, node_id)

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        """Set or remove a star in the current history; see `ExecutionStore.set_star`."""
        with self._current() as logger:
            return logger.set_star(execution_id, starred=starred)

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        """Erase executions of the current history; see `ExecutionStore.delete_many`."""
        with self._current() as logger:
            return logger.delete_executions(execution_ids)

    def foreign_changes(self) -> int:
        """Detect other processes' changes; see `ExecutionStore.foreign_changes`."""
        with self._current() as logger:
            return hash((logger.path, logger.foreign_changes()))

    def delete(self, execution_id: str) -> bool:
        """Erase an execution of the current history; see `ExecutionStore.delete`."""
        with self._current() as logger:
            return logger.delete_execution(execution_id)

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """Erase a workflow's executions from the current history; see `ExecutionStore.clear`."""
        with self._current() as logger:
            return logger.clear_workflow_executions(workflow_id, project_id, on_progress)

    def clear_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """Erase old executions from the current history; see `ExecutionStore.clear_before`."""
        with self._current() as logger:
            return logger.clear_executions_before(started_before, on_progress)

    def stats(self, chosen: HistoryFilter = EVERYTHING) -> ExecutionStats:
        """Count the current history's executions; see `ExecutionStore.stats`."""
        with self._current() as logger:
            return logger.store.stats(chosen)

    def note_sent(self, process_id: str, last_number: int) -> None:
        """Note a process's last number in its history; see `ExecutionStore.note_sent`."""
        with self._lock:
            home = self._store_for(f"process {process_id}", remember=True)
        with self._histories.reopened(home) as logger:
            logger.note_sent(process_id, last_number)

    def ledger(self) -> Ledger:
        """Count the messages of the current history; see `ExecutionStore.ledger`."""
        with self._current() as logger:
            return logger.ledger()

    def running_processes(self) -> tuple[str, ...]:
        """List running processes of every open history; see `ExecutionStore.running_processes`."""
        found: dict[str, None] = {}
        for history in self._histories.all_open():
            with self._histories.reopened(history) as logger:
                found |= dict.fromkeys(logger.running_processes())
        return tuple(found)

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Count what is shown as running in every open history; see `ExecutionStore.unfinished`."""
        found: list[Unfinished] = []
        for history in self._histories.all_open():
            with self._histories.reopened(history) as logger:
                found += logger.unfinished()
        return tuple(found)

    def mark_crashed(self, process_id: str) -> int:
        """Presume that a process has crashed; see `ExecutionStore.mark_crashed`."""
        marked = 0
        with self._lock:
            home = self._store_for(f"process {process_id}", remember=False)
        for history in dict.fromkeys([home, *self._histories.all_open()]):
            with self._histories.reopened(history) as logger:
                marked += logger.mark_crashed(process_id)
        return marked

    def health(self) -> StoreHealth:
        """Report the current history's condition; see `ExecutionStore.health`."""
        with self._current() as logger:
            return logger.health()

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Report every change of any history; see `ExecutionStore.subscribe`."""
        return self._histories.subscribe(lambda _, execution_ids: on_change(execution_ids))

    def close(self) -> None:
        """Do nothing, because the caller that made the histories closes them."""

    @contextmanager
    def _current(self) -> Iterator[ExecutionLogger]:
        with self._histories.reopened(self._histories.current) as logger:
            yield logger
