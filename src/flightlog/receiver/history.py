"""
Serve the history over HTTP: Litestar handlers over `ExecutionLogger`, each call in a thread.

Records are sent with the bytes they were received with. `ingest` receives records, and `payloads`
serves single payloads.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Final, Literal, TypeAlias, cast
from urllib.parse import unquote

from litestar import Request, delete, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import Struct

from flightlog.errors import NotFoundError
from flightlog.receiver.asgi import Scope
from flightlog.receiver.orphan_collector import OrphanCollector, WaitingSpools
from flightlog.receiver.rights import CLIENT_KEY, Right
from flightlog.receiver.routing import (
    MAX_NODES,
    MAX_OFFSET,
    After,
    Before,
    Logger,
    NodesCursor,
    NodesLimit,
    Prices,
    ProjectId,
    Query,
    TimeZone,
    WorkflowId,
    parse_query,
    parse_time_parameter,
    route,
)
from flightlog.record.model import ExecutionMode, ExecutionStatus
from flightlog.store.outline import ExecutionPage
from flightlog.store.query import EXECUTION_CURSOR, HistoryFilter, Order
from flightlog.store.results import ExecutionStats, FileChange, IndexContent, Ledger, Page
from flightlog.version import __version__

Waiting: TypeAlias = NamedDependency[SkipValidation[OrphanCollector]]

# Every client requests the health before its first record and reads at most 64 KB of the answer.
_SHOWN: Final = 10

_ORDER: Final = QueryParameter(description="By the time they started.")
_LIMIT: Final = QueryParameter(description="At most so many.", ge=1, le=1_000)
_OFFSET: Final = QueryParameter(
    description="Skip so many first; prefer `cursor`.", ge=0, le=MAX_OFFSET
)
_CURSOR: Final = QueryParameter(
    description="The `nextCursor` of the page before.",
    schema_extra={"pattern": EXECUTION_CURSOR.pattern},
)
_PAYLOADS: Final = QueryParameter(description="Bring the payloads too.")


class Deleted(Struct, frozen=True, kw_only=True):
    """The execution is erased."""

    success: Literal[True]
    """Always true."""


class Cleared(Struct, frozen=True, kw_only=True):
    """The executions of the workflow are erased."""

    success: Literal[True]
    """Always true."""
    count: int
    """The number of erased executions."""


class HistoryHealth(Struct, frozen=True, kw_only=True, rename="camel"):
    """The state of the history, for its operator."""

    schema_version: int
    """The version of the schema."""
    executions: int
    """The number of stored executions."""
    size_bytes: int
    """The size on disk, bytes, including the write-ahead log."""
    log_bytes: int
    """The size of the write-ahead log, bytes."""
    log_limit_bytes: int
    """The size of the log at which records are refused for the time being, bytes."""
    read_only: bool
    """Whether the history is served for reading only; records are then refused."""
    search_index: IndexContent
    """The content of the search index: `full`, `words` or `off`."""
    not_indexed: int
    """The number of executions that are not in the search index as they are now."""
    changes: tuple[FileChange, ...]
    """The latest 20 exchanges of the file while it was open, the oldest first."""


class ProcessLosses(Struct, frozen=True, kw_only=True, rename="camel"):
    """A process with missing messages."""

    process_id: str
    """The process."""
    received: int
    """The number of received messages."""
    missing: int
    """The number of messages that the process is known to have sent and that were not received."""
    missing_ranges: tuple[tuple[int, int], ...]
    """The missing messages: the first and last number of each range, at most 10 ranges."""


class LedgerSummary(Struct, frozen=True, kw_only=True, rename="camel"):
    """The messages received and the messages missing, of all processes."""

    received: int
    """The number of received messages."""
    missing: int
    """The number of sent messages that were not received; some of them may still arrive."""
    processes: tuple[ProcessLosses, ...]
    """The processes with missing messages, at most 10, the most recently heard of first."""


class Health(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The receiver is running and, to clients with the right to read, the state of its history."""

    status: Literal["ok"]
    """Always `ok`; a receiver that can't read its history answers with a problem."""
    version: str
    """The version of Flightlog."""
    history: HistoryHealth | None = None
    """The history that the receiver serves; absent without the right to read."""
    ledger: LedgerSummary | None = None
    """The messages received and the messages missing; absent without the right to read."""
    spools: WaitingSpools | None = None
    """
    The spools of dead processes on this machine that are not delivered yet; absent without the
    right to read.
    """


@route(get, "/api/executions", "invalid_query")
def list_executions(
    *,
    logger: Logger,
    prices: Prices,
    workflow_id: WorkflowId = None,
    project_id: ProjectId = None,
    status: Annotated[ExecutionStatus | None, QueryParameter()] = None,
    mode: Annotated[ExecutionMode | None, QueryParameter()] = None,
    after: After = None,
    before: Before = None,
    order: Annotated[Order, _ORDER] = "newest",
    limit: Annotated[int, _LIMIT] = 50,
    offset: Annotated[int, _OFFSET] = 0,
    cursor: Annotated[str | None, _CURSOR] = None,
    payloads: Annotated[bool, _PAYLOADS] = False,
    q: Query = None,
    time_zone: TimeZone = None,
) -> Page:
    """List executions, by default the newest first and without payloads."""
    chosen = HistoryFilter(
        workflow_ids=() if workflow_id is None else (workflow_id,),
        project_id=project_id,
        statuses=() if status is None else (status,),
        execution_mode=mode,
        started_from=parse_time_parameter("after", after),
        started_before=parse_time_parameter("before", before),
    )
    return logger.query(
        chosen.narrow(parse_query(q, time_zone, prices)).make_page_query(
            order=order,
            limit=limit,
            offset=offset,
            cursor=cursor,
            payloads=payloads,
            max_nodes=MAX_NODES,
        )
    )


@route(get, "/api/executions/{execution_id:str}", "not_found")
def get_execution(
    logger: Logger,
    execution_id: FromPath[str],
    nodes_limit: NodesLimit = MAX_NODES,
    nodes_cursor: NodesCursor = None,
) -> ExecutionPage:
    """Read one execution with its payloads and a page of its node executions."""
    record = logger.reader.read_page(unquote(execution_id), nodes_limit, nodes_cursor)
    if record is None:
        raise NotFoundError(unquote(execution_id))
    return record


@route(delete, "/api/executions/{execution_id:str}", "not_found", "store_full", "store_log_full")
def delete_execution(logger: Logger, execution_id: FromPath[str]) -> Deleted:
    """Erase one execution; later records of this execution are refused."""
    if not logger.delete_execution(unquote(execution_id)):
        raise NotFoundError(unquote(execution_id))
    return Deleted(success=True)


@route(
    delete,
    "/api/workflows/{workflow_id:str}/executions",
    "invalid_query",
    "store_full",
    "store_log_full",
)
def clear_workflow_executions(
    logger: Logger,
    workflow_id: FromPath[str],
    project_id: ProjectId = None,
) -> Cleared:
    """Erase all executions of a workflow, or those of one project."""
    count = logger.clear_workflow_executions(unquote(workflow_id), project_id)
    return Cleared(success=True, count=count)


@route(get, "/api/stats", "invalid_query")
def get_stats(
    logger: Logger,
    workflow_id: WorkflowId = None,
    project_id: ProjectId = None,
) -> ExecutionStats:
    """Count and time the executions of a workflow, of a project, or of both, or all executions."""
    return logger.get_stats(workflow_id, project_id)


@route(get, "/health")
def get_health(
    request: Request[Any, Any, Any], logger: Logger, orphan_collector: Waiting
) -> Health:
    """Report that the receiver runs, which messages are missing, and which spools wait."""
    client = cast(Scope, request.scope)[CLIENT_KEY]
    if Right.READ not in client.rights or client.project_id is not None:
        return Health(status="ok", version=__version__)
    health = logger.reader.health()
    return Health(
        status="ok",
        version=__version__,
        history=HistoryHealth(
            schema_version=health.schema_version,
            executions=health.executions,
            size_bytes=health.size_bytes,
            log_bytes=health.log_bytes,
            log_limit_bytes=health.log_limit_bytes,
            read_only=health.read_only,
            search_index=health.search_index,
            not_indexed=health.not_indexed,
            changes=tuple(map(_without_place, health.changes)),
        ),
        ledger=_summary(logger.reader.read_ledger()),
        spools=orphan_collector.waiting,
    )


HISTORY_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    list_executions,
    get_execution,
    delete_execution,
    clear_workflow_executions,
    get_stats,
    get_health,
)


def _without_place(change: FileChange) -> FileChange:
    # Clients don't need to know this machine's directories.
    log = None if change.log is None else PurePath(change.log).name
    return FileChange(at=change.at, what=change.what, log=log)


def _summary(ledger: Ledger) -> LedgerSummary:
    return LedgerSummary(
        received=ledger.received,
        missing=ledger.missing,
        processes=tuple(
            ProcessLosses(
                process_id=process.process_id,
                received=process.received,
                missing=process.missing,
                missing_ranges=process.missing_ranges[:_SHOWN],
            )
            for process in ledger.processes[:_SHOWN]
        ),
    )
