"""`GET /api/audit`: the newest entries of the audit log, which `audit` writes."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter, SkipValidation
from msgspec import Struct

from flightlog.receiver.audit import AuditEntry, AuditLog
from flightlog.receiver.routing import route

Audit: TypeAlias = NamedDependency[SkipValidation[AuditLog]]

MAX_ENTRIES: Final = 1_000
_LIMIT: Final = QueryParameter(description="At most so many entries.", ge=1, le=MAX_ENTRIES)


class AuditPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """The newest entries of the audit log."""

    is_on: bool
    """Whether actions are noted; False while only one person can have access."""
    entries: tuple[AuditEntry, ...]
    """The entries, the newest first."""


@route(get, "/api/audit")
def read_audit_log(audit: Audit, limit: Annotated[int, _LIMIT] = 100) -> AuditPage:
    """List who read payloads, exported, deleted, or let others in, the newest first."""
    return AuditPage(is_on=audit.is_on(), entries=audit.read(limit))


AUDIT_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (read_audit_log,)
