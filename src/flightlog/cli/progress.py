"""Follows one execution in the history while it runs, and prints its nodes on a terminal."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from rich.console import Console
from rich.text import Text

from flightlog.cli.nodes import nest_nodes
from flightlog.cli.terminal import choose_status_word, draw_status
from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.text import clean, clean_json, find_first_line, format_duration

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger

Changes: TypeAlias = "queue.SimpleQueue[tuple[str, ...] | None]"

_SHOWN: Final = {"running", "success", "error", "skipped"}


class Progress:
    """
    Prints each node execution when it first appears, and when it has ended.

    Args:
        console: The console for the output.
        logger: The history.
        workflow_id: The workflow whose next execution is followed.
        since: The start of the run; executions that began earlier are ignored.
    """

    def __init__(
        self, console: Console, logger: ExecutionLogger, workflow_id: str, since: datetime
    ) -> None:
        self._console = console
        self._logger = logger
        self._workflow_id = workflow_id
        self._since = since
        self._seen: dict[tuple[int | None, str], str] = {}
        self.execution_id: str | None = None
        """The id of the followed execution; None until the execution appears in the history."""

    def show(self, ids: Sequence[str]) -> None:
        """
        Print new states of the followed execution's nodes, if the changes concern the execution.

        Args:
            ids: The ids of changed executions.
        """
        if self.execution_id is None:
            self.execution_id = next(
                (execution_id for execution_id in ids if self._is_ours(execution_id)), None
            )
        if self.execution_id is not None and self.execution_id in ids:
            self._read(self.execution_id)

    def wait_for_start(self, changes: Changes, timeout_s: float) -> str | None:
        """
        Wait until the execution is in the history.

        Args:
            changes: The queue of the history's changes.
            timeout_s: The longest wait, seconds.

        Returns:
            The execution's id; None when it did not appear.
        """
        deadline = time.monotonic() + timeout_s
        while self.execution_id is None:
            try:
                self.show(changes.get(timeout=max(0.0, deadline - time.monotonic())) or ())
            except queue.Empty:
                break
        return self.execution_id

    def wait_for_end(
        self, execution_id: str, changes: Changes, timeout_s: float
    ) -> WorkflowExecution | None:
        """
        Wait until the execution has ended in the history, and print new states of its nodes.

        Args:
            execution_id: The execution.
            changes: The queue of the history's changes.
            timeout_s: The longest wait, seconds.

        Returns:
            The execution's record at the end of the wait; None when there is none.
        """
        self.execution_id = execution_id
        deadline = time.monotonic() + timeout_s
        while (record := self._read(execution_id)) is None or record.status == "running":
            try:
                changes.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
        return record

    def conclude(
        self, record: WorkflowExecution, result: bytes | None, *, with_reason: bool
    ) -> None:
        """
        Print the outcome of the execution.

        Args:
            record: The execution.
            result: Its result as JSON; None when there is none.
            with_reason: Whether to print the reason of a failure.
        """
        took = "" if record.duration_ms is None else f" in {format_duration(record.duration_ms)}"
        outcome = choose_status_word(record.status, record.error)
        self._print(
            Text.assemble("\n", draw_status(record.status, record.error), f" {outcome}{took}")
        )
        if record.error is not None and with_reason:
            self._print(Text(find_first_line(record.error.message), style="red"))
        if result is not None:
            self._print(Text.assemble(("result     ", "bright_black"), clean_json(result.decode())))
        self._print(Text.assemble(("execution  ", "bright_black"), clean(record.id)))

    def _is_ours(self, execution_id: str) -> bool:
        record = self._logger.get_execution(execution_id)
        return (
            record is not None
            and record.workflow_id == self._workflow_id
            and datetime.fromisoformat(record.started_at) >= self._since
        )

    def _read(self, execution_id: str) -> WorkflowExecution | None:
        record = self._logger.get_execution(execution_id)
        if record is None:
            return None
        for node, _, depth in nest_nodes(record.node_executions):
            place = (node.sequence, node.node_id)
            if node.status in _SHOWN and self._seen.get(place) != node.status:
                self._seen[place] = node.status
                self._print(_make_line(node, depth))
        return record

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)
        self._console.file.flush()


def _make_line(node: NodeExecution, depth: int) -> Text:
    facts = [clean(node.node_type)]
    if node.attempt is not None and node.attempt > 1:
        facts.append(f"attempt {node.attempt}")
    if node.status in {"running", "skipped"}:
        facts.append(node.status)
    elif node.duration_ms is not None:
        facts.append(format_duration(node.duration_ms))
    text = Text.assemble(
        "  " * depth,
        draw_status(node.status, node.error),
        f" {clean(node.node_name)}",
        (f"  {' · '.join(facts)}", "bright_black"),
    )
    if node.error is not None:
        text.append(f"  {find_first_line(node.error.message)}", style="red")
    return text
