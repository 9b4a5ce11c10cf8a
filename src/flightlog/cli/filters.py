"""The filters that `list` and `export` share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from flightlog.cli.time_parsing import parse_time
from flightlog.record.model import ExecutionMode, ExecutionStatus

_TIMES = "an ISO 8601 time (UTC unless it says otherwise), or one before now: -30m, -2h, -7d."


@Parameter(name="*", group="Filters")
@dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters; an execution must match every filter."""

    workflow: Annotated[
        str | None, Parameter(metavar="ID", help="Only this workflow's, by its id.")
    ] = None
    status: Annotated[ExecutionStatus | None, Parameter(help="Only those that are so.")] = None
    mode: Annotated[ExecutionMode | None, Parameter(help="Only those that ran so.")] = None
    after: Annotated[
        str | None,
        Parameter(
            metavar="TIME", allow_leading_hyphen=True, help=f"Started then or later: {_TIMES}"
        ),
    ] = None
    before: Annotated[
        str | None,
        Parameter(metavar="TIME", allow_leading_hyphen=True, help="Started before then."),
    ] = None

    def terms(self, now: datetime) -> dict[str, Any]:
        """
        Convert the filters to the arguments of `ExecutionQuery`.

        Args:
            now: The current time, for relative times.

        Returns:
            The arguments by name.

        Raises:
            InvalidQueryError: A time can't be read.
        """
        return {
            "workflow_id": self.workflow,
            "status": self.status,
            "execution_mode": self.mode,
            "started_from": None if self.after is None else parse_time(self.after, "--after", now),
            "started_before": (
                None if self.before is None else parse_time(self.before, "--before", now)
            ),
        }
