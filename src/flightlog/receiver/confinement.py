"""
`confine`: a history as a client sees it whose token is restricted to one project.

Such a client reaches only the routes of `rights.PROJECT_ROUTES`, and these routes get their history
from here. Only the methods of this module work, so a forgotten method shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar, cast

from msgspec.structs import replace

from flightlog.errors import InvalidQueryError
from flightlog.logger import ExecutionLogger
from flightlog.models import Usage
from flightlog.query import Expression
from flightlog.record.model import ExecutionStatus, WorkflowExecution
from flightlog.store.findings import FacetPage, QueryMatch
from flightlog.store.metrics import (
    Comparison,
    ErrorGroups,
    NodeList,
    Series,
    StatusCounts,
    WorkflowList,
    WorkflowPlace,
)
from flightlog.store.outline import ExecutionPage, Outline, OutlineExecution, PayloadKind
from flightlog.store.query import EVERYTHING, MAX_IDS, ExecutionQuery, HistoryFilter
from flightlog.store.results import ExecutionStats, Page, PayloadContent
from flightlog.store.summaries import Ranking, SummaryPage, TriggerFacts
from flightlog.store.usage import UsageTotals
from flightlog.store.writer import ExecutionStore

_SAME_START: Final = 20
"""How many executions with the same start are searched for the next one."""

Filter = TypeVar("Filter", bound=HistoryFilter)


def confine(logger: ExecutionLogger, project_id: str) -> ExecutionLogger:
    """
    Confine a history to the executions of one project.

    Args:
        logger: The history.
        project_id: The project.

    Returns:
        The confined history; only the caller closes the history itself.
    """
    # The protocol has more methods than the routes of such a client need.
    store = cast(ExecutionStore, _ProjectStore(logger, project_id))
    return ExecutionLogger(logger.path, store=store)


def list_own(logger: ExecutionLogger, project_id: str, ids: Iterable[str]) -> set[str]:
    """
    Find the executions that belong to a project.

    Args:
        logger: The history.
        project_id: The project.
        ids: The ids of executions.

    Returns:
        The ids of existing executions of the project.
    """
    wanted = list(ids)
    own: set[str] = set()
    for first in range(0, len(wanted), MAX_IDS):
        chosen = HistoryFilter(ids=tuple(wanted[first : first + MAX_IDS]), project_id=project_id)
        page = logger.reader.list_summaries(chosen.make_page_query())
        own.update(summary.id for summary in page.summaries)
    return own


class _ProjectStore:
    def __init__(self, logger: ExecutionLogger, project_id: str) -> None:
        self._logger = logger
        self._reader = logger.reader
        self._project_id = project_id

    def find(self, query: ExecutionQuery) -> Page:
        return self._reader.find(self._narrow(query))

    def get(self, execution_id: str) -> WorkflowExecution | None:
        record = self._reader.get(execution_id)
        return record if record is not None and self._is_own(record.project_id) else None

    def read_page(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        page = self._reader.read_page(execution_id, limit, cursor)
        return page if page is not None and self._is_own(page.project_id) else None

    def get_payload(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
        *,
        max_bytes: int | None = None,
    ) -> PayloadContent | None:
        if not self._owns(execution_id):
            return None
        return self._reader.get_payload(execution_id, kind, sequence, node_id, max_bytes=max_bytes)

    def read_outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        outline = self._reader.read_outline(execution_id, limit, cursor)
        if outline is None or not self._is_own(outline.execution.project_id):
            return None
        own = list_own(self._logger, self._project_id, (child.id for child in outline.children))
        execution = outline.execution
        # A field that is not named here could name an execution of another project.
        return Outline(
            execution=execution,
            nodes=outline.nodes,
            usual=outline.usual,
            children=tuple(child for child in outline.children if child.id in own),
            previous_id=self._find_previous(execution),
            next_id=self._find_next(execution),
            previous_success_id=self._find_previous(execution, "success"),
            previous_failed_id=self._find_previous(execution, "error"),
            next_nodes_cursor=outline.next_nodes_cursor,
        )

    def _find_previous(self, execution: OutlineExecution, *statuses: ExecutionStatus) -> str | None:
        chosen = HistoryFilter(
            workflow_ids=(execution.workflow_id,),
            project_id=self._project_id,
            statuses=statuses,
            started_before=execution.started_at,
        )
        page = self._reader.list_summaries(chosen.make_page_query(limit=1))
        return page.summaries[0].id if page.summaries else None

    def _find_next(self, execution: OutlineExecution) -> str | None:
        chosen = HistoryFilter(
            workflow_ids=(execution.workflow_id,),
            project_id=self._project_id,
            started_from=execution.started_at,
        )
        query = chosen.make_page_query(order="oldest", limit=_SAME_START)
        found = self._reader.list_summaries(query).summaries
        later = [each.id for each in found if each.started_at > execution.started_at]
        return later[-1] if later else None

    def list_summaries(self, query: ExecutionQuery) -> SummaryPage:
        return self._reader.list_summaries(self._narrow(query))

    def list_by_duration(self, chosen: HistoryFilter, ranking: Ranking, limit: int) -> SummaryPage:
        return self._reader.list_by_duration(self._narrow(chosen), ranking, limit)

    def read_trigger_facts(self, execution_ids: Sequence[str]) -> tuple[TriggerFacts, ...]:
        own = list_own(self._logger, self._project_id, execution_ids)
        return self._reader.read_trigger_facts([each for each in execution_ids if each in own])

    def read_usage(
        self, execution_ids: Sequence[str], limits: Sequence[int]
    ) -> dict[str, tuple[Usage, ...]]:
        own = list_own(self._logger, self._project_id, execution_ids)
        return self._reader.read_usage([each for each in execution_ids if each in own], limits)

    def sum_usage(self, chosen: HistoryFilter, limits: Sequence[int]) -> UsageTotals:
        return self._reader.sum_usage(self._narrow(chosen), limits)

    def count_by_status(self, chosen: HistoryFilter) -> StatusCounts:
        return self._reader.count_by_status(self._narrow(chosen))

    def read_series(self, chosen: HistoryFilter, points: int) -> Series:
        return self._reader.read_series(self._narrow(chosen), points)

    def compare_periods(self, chosen: HistoryFilter) -> Comparison:
        return self._reader.compare_periods(self._narrow(chosen))

    def read_facets(self, chosen: HistoryFilter) -> FacetPage:
        return self._reader.read_facets(self._narrow(chosen))

    def find_matches(
        self, expression: Expression, execution_ids: Sequence[str]
    ) -> dict[str, tuple[QueryMatch, ...]]:
        own = list_own(self._logger, self._project_id, execution_ids)
        chosen = [each for each in execution_ids if each in own]
        return self._reader.find_matches(expression, chosen)

    def list_workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> WorkflowList:
        return self._reader.list_workflows(self._narrow(chosen), limit, after)

    def list_projects(self) -> tuple[str, ...]:
        return tuple(filter(self._is_own, self._reader.list_projects()))

    def list_nodes(self, chosen: HistoryFilter, limit: int) -> NodeList:
        return self._reader.list_nodes(self._narrow(chosen), limit)

    def group_errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        return self._reader.group_errors(self._narrow(chosen), limit)

    def read_stats(self, chosen: HistoryFilter = EVERYTHING) -> ExecutionStats:
        return self._reader.read_stats(self._narrow(chosen))

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        return self._owns(execution_id) and self._logger.writer.set_star(
            execution_id, starred=starred
        )

    def delete(self, execution_id: str) -> bool:
        return self._owns(execution_id) and self._logger.writer.delete(execution_id)

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        return self._logger.writer.delete_many(list(self._list_own(execution_ids)))

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        self._check(project_id)
        return self._logger.writer.clear(workflow_id, self._project_id, on_progress)

    def _list_own(self, ids: Sequence[str]) -> Iterator[str]:
        own = list_own(self._logger, self._project_id, ids)
        # The address of a run may stand for the id of its row.
        return (each for each in ids if each in own or self._owns(each))

    def _owns(self, execution_id: str) -> bool:
        outline = self._reader.read_outline(execution_id, 1)
        return outline is not None and self._is_own(outline.execution.project_id)

    def _is_own(self, project_id: str | None) -> bool:
        return project_id == self._project_id

    def _narrow(self, chosen: Filter) -> Filter:
        self._check(chosen.project_id)
        return replace(chosen, project_id=self._project_id)

    def _check(self, project_id: str | None) -> None:
        if project_id not in {None, self._project_id}:
            raise InvalidQueryError(
                "projectId",
                f"is {project_id!r}, but the token is restricted to another project",
                hint=f"Leave it out, or ask for {self._project_id!r}.",
            )
