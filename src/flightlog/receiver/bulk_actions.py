"""Serve the actions on listed executions: star, erase and export."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Annotated, Any, Final, Literal, TypeAlias, cast
from urllib.parse import unquote

import msgspec
from litestar import Request, delete, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, SkipValidation
from litestar.response import Stream
from msgspec import Meta, Struct

from flightlog.errors import NotFoundError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.asgi import Scope
from flightlog.receiver.audit import note_ids
from flightlog.receiver.rights import find_project
from flightlog.receiver.routing import Logger, route
from flightlog.receiver.waiting_deletions import MAX_DELAY_MS, WaitingDeletions

Waiting: TypeAlias = NamedDependency[SkipValidation[WaitingDeletions]]

MAX_CHOSEN: Final = 10_000
"""The largest number of executions that one request can erase or export."""

_IN_MEMORY_BYTES: Final = 8 * 2**20
_PORTION_BYTES: Final = 1 << 20
_NDJSON: Final = "application/x-ndjson"
_encode: Final = msgspec.json.Encoder().encode


class Chosen(Struct, frozen=True, kw_only=True):
    """The chosen executions."""

    ids: Annotated[tuple[str, ...], Meta(max_length=MAX_CHOSEN)]
    """The ids of the executions, at most 10,000."""


class Deletion(Chosen, frozen=True, kw_only=True, rename="camel"):
    """The executions to erase."""

    after_ms: Annotated[int, Meta(ge=0, le=MAX_DELAY_MS)] = 0
    """The delay in which the deletion can be cancelled, milliseconds, at most 60,000."""


class Starred(Struct, frozen=True, kw_only=True):
    """Whether an execution is starred."""

    success: Literal[True]
    """Always true."""
    starred: bool
    """Whether the execution is starred now."""


class DeletedMany(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The executions are erased, or will be."""

    deleted: int
    """The number of erased executions; 0 while the deletion waits."""
    waiting_id: str | None = None
    """The id of the waiting deletion; absent without a delay."""


class Cancelled(Struct, frozen=True, kw_only=True):
    """Whether a deletion was cancelled."""

    cancelled: bool
    """False if the deletion was carried out already, or is unknown."""


@route(put, "/api/executions/{execution_id:str}/star", "not_found", "store_full", "store_log_full")
def star_execution(logger: Logger, execution_id: FromPath[str]) -> Starred:
    """Star an execution; starred executions are kept when old ones are erased."""
    return _starred(logger, execution_id, starred=True)


@route(
    delete, "/api/executions/{execution_id:str}/star", "not_found", "store_full", "store_log_full"
)
def unstar_execution(logger: Logger, execution_id: FromPath[str]) -> Starred:
    """Remove the star of an execution."""
    return _starred(logger, execution_id, starred=False)


@route(post, "/api/deletions", "invalid_query", "body_too_large", "store_full", "store_log_full")
def delete_executions(
    request: Request[Any, Any, Any],
    logger: Logger,
    deletions: Waiting,
    data: JSONBody[Deletion],
) -> DeletedMany:
    """Erase executions, at once or after a delay; later records of them are refused."""
    note_ids(cast(Scope, request.scope), data.ids)
    if data.after_ms > 0:
        project_id = find_project(cast(Scope, request.scope))
        return DeletedMany(deleted=0, waiting_id=deletions.add(data.ids, data.after_ms, project_id))
    return DeletedMany(deleted=logger.writer.delete_many(data.ids))


@route(delete, "/api/deletions/{waiting_id:str}")
def cancel_deletion(
    request: Request[Any, Any, Any], deletions: Waiting, waiting_id: FromPath[str]
) -> Cancelled:
    """Cancel a deletion that waits; a project's token can only cancel those of its project."""
    project_id = find_project(cast(Scope, request.scope))
    return Cancelled(cancelled=deletions.cancel(waiting_id, project_id))


@route(post, "/api/exports", "invalid_query", "body_too_large", media_type=_NDJSON)
def export_executions(
    request: Request[Any, Any, Any], logger: Logger, data: JSONBody[Chosen]
) -> Stream:
    """Export executions whole, one record per line, in the order of their ids."""
    note_ids(cast(Scope, request.scope), data.ids)
    name = f"executions-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.ndjson"
    # Write the whole file first, so that an error becomes a problem and not a truncated download.
    file = _write_export(logger, data.ids)
    return Stream(
        _read_portions(file),
        media_type=_NDJSON,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


BULK_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    star_execution,
    unstar_execution,
    delete_executions,
    cancel_deletion,
    export_executions,
)


def _starred(logger: ExecutionLogger, execution_id: str, *, starred: bool) -> Starred:
    if not logger.writer.set_star(unquote(execution_id), starred=starred):
        raise NotFoundError(unquote(execution_id))
    return Starred(success=True, starred=starred)


def _write_export(logger: ExecutionLogger, ids: tuple[str, ...]) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed below
    try:
        for execution_id in dict.fromkeys(ids):
            record = logger.get_execution(execution_id)
            if record is not None:
                file.write(_encode(record) + b"\n")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _read_portions(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while portion := file.read(_PORTION_BYTES):
            yield portion
