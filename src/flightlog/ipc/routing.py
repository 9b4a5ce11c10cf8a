"""
`ProjectRouter`: chooses the history of each record for the receiver beside an editor.

A process, with its executions, belongs to the project that was current at the process's first
message. Nothing else in a record names its project. So a run stays in one history when the editor
switches to another project during the run.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flightlog.ipc.projects import OpenProject, OpenProjects
from flightlog.ipc.recording import RecordingRules
from flightlog.logger import ExecutionLogger
from flightlog.receiver.histories import History
from flightlog.record.model import WorkflowExecution
from flightlog.store.changes import OnChange
from flightlog.store.results import LogResult

MAX_REMEMBERED: Final = 65_536
"""The number of processes and running executions whose history the router remembers."""


@dataclass(frozen=True)
class _ProjectHistory:
    """The history of one project; see `History`."""

    path: Path
    project: OpenProject = field(compare=False)
    projects: OpenProjects = field(compare=False)
    rules: RecordingRules = field(compare=False)

    def lend(self) -> AbstractContextManager[ExecutionLogger]:
        """Lend the history, opened again if it is closed; see `History.lend`."""
        return self.projects.lend_reopened(self.project)

    def log(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult | Exception]:
        """Store what the project's rules keep; see `History.log`."""
        with self.lend() as logger:
            if self.rules.keeps_everything(self.project.project):
                return logger.writer.merge_each(requests)
            return [self._log_by_rules(logger, records) for records in requests]

    def _log_by_rules(
        self, logger: ExecutionLogger, records: Sequence[WorkflowExecution]
    ) -> LogResult | Exception:
        try:
            return self.rules.store(logger, self.project.project, records)
        except Exception as error:  # noqa: BLE001  the request's own answer reports the error
            return error


class ProjectRouter:
    """
    The histories of all projects; see `HistoryProvider` for each method.

    Args:
        histories: The histories; the caller that made them closes them.
        rules: Which records are kept.
    """

    is_read_only: Final = False

    def __init__(self, histories: OpenProjects, rules: RecordingRules) -> None:
        self._histories = histories
        self._rules = rules
        self._lock = threading.Lock()
        self._homes: OrderedDict[str, History] = OrderedDict()
        self._path = histories.current.path

    @property
    def path(self) -> Path:
        """The file of the history that was current at first."""
        return self._path

    @property
    def current_path(self) -> Path:
        """The file of the history of the current project."""
        return self._histories.current.path

    def get_current(self) -> History:
        """Choose the history of the current project; see `HistoryProvider.get_current`."""
        return self._history(self._histories.current)

    def choose_for_record(self, record: WorkflowExecution) -> History:
        """Choose the history of a record's process; see `HistoryProvider.choose_for_record`."""
        if f"execution {record.id}" in self._homes:
            return self._choose(f"execution {record.id}", remember=True)
        process_id = record.process_id
        if process_id is None and record.message is not None:
            process_id = record.message.process_id
        if process_id is not None:
            return self._choose(f"process {process_id}", remember=True)
        return self._choose(f"execution {record.id}", remember=record.status == "running")

    def choose_for_process(self, process_id: str) -> History:
        """Choose the history of a process; see `HistoryProvider.choose_for_process`."""
        return self._choose(f"process {process_id}", remember=True)

    def assign(self, execution_id: str, home: OpenProject) -> None:
        """
        Store an execution that is about to begin in a given history.

        Args:
            execution_id: The execution.
            home: The history.
        """
        with self._lock:
            self._homes[f"execution {execution_id}"] = self._history(home)

    def _choose(self, sender: str, *, remember: bool) -> History:
        with self._lock:
            home = self._homes.get(sender) or self.get_current()
            if remember or sender in self._homes:
                self._homes[sender] = home
                self._homes.move_to_end(sender)
                if len(self._homes) > MAX_REMEMBERED:
                    self._homes.popitem(last=False)
            return home

    def list_open(self) -> Sequence[History]:
        """List the open histories; see `HistoryProvider.list_open`."""
        return [self._history(project) for project in self._histories.list_open()]

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Report every change of any history; see `HistoryProvider.subscribe`."""
        return self._histories.subscribe(lambda _, execution_ids: on_change(execution_ids))

    def _history(self, project: OpenProject) -> History:
        return _ProjectHistory(project.path, project, self._histories, self._rules)
