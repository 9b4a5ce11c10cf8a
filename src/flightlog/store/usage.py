"""`UsageReader`: the tokens of models' calls, as every store adds them up; part of `reader`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from flightlog.models import Usage
from flightlog.store.query import HistoryFilter


class UsageTotals(Struct, frozen=True, kw_only=True):
    """The tokens of models' calls in many executions."""

    usages: tuple[Usage, ...]
    """The tokens by model, and by the prices that apply."""
    searched_to: str | None
    """
    The start time that the search reached, canonical time; None if all executions were counted.
    """


class UsageReader(Protocol):
    """Adds up the tokens of models' calls; safe to use from several threads."""

    def read_usage(
        self, execution_ids: Sequence[str], limits: Sequence[int]
    ) -> dict[str, tuple[Usage, ...]]:
        """
        Add up the tokens of models' calls, of each execution.

        Args:
            execution_ids: At most 500 executions.
            limits: The numbers of input tokens of a call at which prices change.

        Returns:
            The tokens by execution id. Executions that are not indexed yet, and those without
            calls, are left out.

        Raises:
            InvalidQueryError: There are too many ids.
        """
        ...

    def sum_usage(self, chosen: HistoryFilter, limits: Sequence[int]) -> UsageTotals:
        """
        Add up the tokens of models' calls, of all executions that a filter chooses.

        Args:
            chosen: The executions; the newest 20,000 are counted.
            limits: The numbers of input tokens of a call at which prices change.

        Returns:
            The tokens of the executions that are indexed.

        Raises:
            InvalidQueryError: There are too many ids.
        """
        ...
