"""
`DatabaseDestination`: delivers records straight into a database file, without a receiver.

The entry point `sqlite` of the group `flightlog.destinations` names this class. `flightlog.logger`
opens and writes the history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

from flightlog.delivery import DeliveryResult
from flightlog.errors import InvalidQueryError, InvalidRecordError, InvalidSettingError, StoreError
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.store.address import read_file_part

_SCHEME: Final = "sqlite"
_DELIVERED: Final = DeliveryResult(outcome="delivered")


class DatabaseDestination:
    """
    A history as a destination; see `flightlog.delivery.Destination`.

    Args:
        logger: The history; the caller that opened the history closes it.
    """

    def __init__(self, logger: ExecutionLogger) -> None:
        self._logger = logger
        self._is_own = False

    @classmethod
    def from_url(cls, url: str) -> Self:
        """
        Open the history that a URL names; the file is made if missing, and `close` closes it.

        Args:
            url: `sqlite:FILE`.

        Returns:
            The destination.

        Raises:
            InvalidSettingError: The URL names no file.
            StoreError: The file can't be opened, or is not a history.
        """
        path = read_database_path(url)
        if path is None:
            raise InvalidSettingError(
                "url", f"is {url!r}, which names no file", hint="Write e.g. sqlite:/data/runs.db."
            )
        destination = cls(ExecutionLogger(path))
        destination._is_own = True
        return destination

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        """Store all of the records or none; see `Destination.send`."""
        return deliver(lines, self._logger.log_executions)

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """
        Note a process's last number and end; see `Destination.report_process`.

        If the process has ended, presume that its running executions have crashed.
        """
        try:
            self._logger.writer.note_sent(process_id, last_number, is_alive=not ended)
            if ended:
                self._logger.writer.mark_crashed(process_id)
        except (StoreError, InvalidQueryError):
            return False
        return True

    def close(self) -> None:
        """Close the history, if this destination opened it."""
        if self._is_own:
            self._logger.close()


def deliver(
    lines: Sequence[bytes], log: Callable[[list[WorkflowExecution]], object]
) -> DeliveryResult:
    """
    Store lines of JSON, and report the outcome as a destination does.

    Args:
        lines: The JSON of one record each.
        log: Stores the records, or raises and may be called again.

    Returns:
        The result of the delivery.
    """
    try:
        log([decode_execution(line) for line in lines])
    except InvalidRecordError as error:
        return DeliveryResult(outcome="rejected", reason=str(error))
    except StoreError as error:
        return DeliveryResult(outcome="later", reason=str(error))
    return _DELIVERED


def read_database_path(url: str) -> Path | None:
    """
    Extract the file from a URL.

    Args:
        url: `sqlite:FILE`, or `sqlite:///FILE` for an absolute path; `~` is the user's home.

    Returns:
        The file; None when the URL has another scheme, or names no file.
    """
    scheme, _, name = url.partition(":")
    if scheme.lower() != _SCHEME:
        return None
    return read_file_part(name)
