"""`flightlog delete`: erase one execution. The store keeps a tombstone and refuses late records."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode, print_error
from flightlog.cli.history import HistoryChoice
from flightlog.cli.show import beginning_with
from flightlog.cli.terminal import output_console
from flightlog.cli.text import clean
from flightlog.errors import NotFoundError


def delete(
    execution: Annotated[str, Parameter(name="ID")],
    /,
    *,
    history: HistoryChoice | None = None,
) -> int:
    """
    Erase one execution with all its payloads. Late records don't restore it.

    Args:
        execution: The complete id of the execution.
        history: The history to change.

    Returns:
        The exit code.

    Raises:
        NotFoundError: The execution does not exist.
        StoreError: The history can't be opened or changed.
    """
    with (history or HistoryChoice()).open_to_change() as logger:
        if not logger.delete_execution(execution):
            close = beginning_with(logger, execution)
            if close:
                print_error(
                    f"There is no execution {execution!r} in this history.",
                    f"To erase one, write its whole id, e.g. {clean(close[0])}.",
                )
                return ExitCode.NOT_FOUND
            raise NotFoundError(execution)
    output_console().print(Text(f"Deleted {clean(execution)}."), soft_wrap=True)
    return ExitCode.OK
