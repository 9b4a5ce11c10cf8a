"""
Choose the history of each record, process and read.

A receiver serves one history, or, beside an editor, the histories of several projects.
`SingleHistory` is the first case; `flightlog.ipc.routing` is the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from flightlog.logger import ExecutionLogger
from flightlog.record.model import WorkflowExecution
from flightlog.store.changes import OnChange
from flightlog.store.results import LogResult


class History(Protocol):
    """One history; equal objects are the same history."""

    def lend(self) -> AbstractContextManager[ExecutionLogger]:
        """
        Lend the history, and keep it open meanwhile.

        Returns:
            A context manager that gives the logger of the history.

        Raises:
            StoreError: The history can't be opened.
        """
        ...

    def log(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult | Exception]:
        """
        Store the records of several requests, in as few transactions as possible.

        Args:
            requests: The records of each request.

        Returns:
            The result of each request, or the reason why none of its records was stored.

        Raises:
            StoreError: The history can't be opened.
        """
        ...


class HistoryProvider(Protocol):
    """The histories that a receiver serves; safe to use from several threads."""

    @property
    def path(self) -> Path:
        """The file of the first history, which names the receiver's address."""
        ...

    @property
    def current_path(self) -> Path:
        """The file of the history that clients read, whose tokens are valid."""
        ...

    @property
    def is_read_only(self) -> bool:
        """Whether the histories are open for reading only."""
        ...

    def get_current(self) -> History:
        """
        Choose the history that clients read.

        Returns:
            The history.
        """
        ...

    def choose_for_record(self, record: WorkflowExecution) -> History:
        """
        Choose the history of a record.

        Args:
            record: The record.

        Returns:
            The history.
        """
        ...

    def choose_for_process(self, process_id: str) -> History:
        """
        Choose the history of a process.

        Args:
            process_id: The process.

        Returns:
            The history.
        """
        ...

    def list_open(self) -> Sequence[History]:
        """
        List the open histories.

        Returns:
            The histories.
        """
        ...

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Report every change of any history; see `ExecutionReader.subscribe`.

        Args:
            on_change: Takes the ids of the changed executions.

        Returns:
            A function that ends the subscription.
        """
        ...


class SingleHistory:
    """
    The only history of a receiver; see `HistoryProvider` and `History` for each method.

    Args:
        logger: The history; the caller that opened the history closes it.
    """

    def __init__(self, logger: ExecutionLogger) -> None:
        self._logger = logger

    @property
    def location(self) -> str:
        """The place of the history for people, without passwords."""
        return self._find().location

    @property
    def path(self) -> Path:
        """The file of the history."""
        return self._find().path

    @property
    def current_path(self) -> Path:
        """The file of the history."""
        return self.path

    @property
    def is_read_only(self) -> bool:
        """Whether the history is open for reading only."""
        return self._find().is_read_only

    def lend(self) -> AbstractContextManager[ExecutionLogger]:
        """Lend the history; see `History.lend`."""
        return nullcontext(self._find())

    def log(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult | Exception]:
        """Store the records; see `History.log`."""
        return self._find().writer.merge_each(requests)

    def get_current(self) -> History:
        """Return the only history; see `HistoryProvider.get_current`."""
        return self

    def choose_for_record(self, record: WorkflowExecution) -> History:  # noqa: ARG002
        """Return the only history; see `HistoryProvider.choose_for_record`."""
        return self

    def choose_for_process(self, process_id: str) -> History:  # noqa: ARG002
        """Return the only history; see `HistoryProvider.choose_for_process`."""
        return self

    def list_open(self) -> Sequence[History]:
        """List the only history; see `HistoryProvider.list_open`."""
        return (self,)

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Report every change of the history; see `HistoryProvider.subscribe`."""
        return self._find().reader.subscribe(on_change)

    def _find(self) -> ExecutionLogger:
        return self._logger


def group_records(
    provider: HistoryProvider, records: Iterable[WorkflowExecution]
) -> dict[History, list[WorkflowExecution]]:
    """
    Group records by their histories.

    Args:
        provider: Chooses the histories.
        records: The records.

    Returns:
        The records of each history, in their order.
    """
    groups: dict[History, list[WorkflowExecution]] = {}
    for record in records:
        groups.setdefault(provider.choose_for_record(record), []).append(record)
    return groups


def note_sent(
    provider: HistoryProvider, process_id: str, last_number: int, *, is_alive: bool = False
) -> None:
    """
    Note the number of a process's newest message in the history of the process.

    Args:
        provider: Chooses the history.
        process_id: The process.
        last_number: The number of its newest message.
        is_alive: Whether this is a heartbeat; see `ExecutionWriter.note_sent`.

    Raises:
        InvalidQueryError: The process's id or the number is invalid.
        StoreError: The history can't be written.
    """
    with provider.choose_for_process(process_id).lend() as logger:
        logger.writer.note_sent(process_id, last_number, is_alive=is_alive)


def mark_crashed(provider: HistoryProvider, process_id: str) -> int:
    """
    Presume that a process crashed, in its own history and in every open history.

    Args:
        provider: Chooses the histories.
        process_id: The process.

    Returns:
        The number of executions that were running.

    Raises:
        StoreError: A history can't be written.
    """
    marked = 0
    for history in dict.fromkeys([provider.choose_for_process(process_id), *provider.list_open()]):
        with history.lend() as logger:
            marked += logger.writer.mark_crashed(process_id)
    return marked
