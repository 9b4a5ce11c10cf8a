"""
The routes of access.

`/api/links` and `/api/sessions` let pages of the viewer in and out, as `sessions` says.
`/api/audit` serves the newest entries that `audit` has written.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias, cast

from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from flightlog.receiver.asgi import Scope
from flightlog.receiver.audit import AuditEntry, AuditLog
from flightlog.receiver.rights import CLIENT_KEY, Client
from flightlog.receiver.routing import route
from flightlog.receiver.sessions import Sessions

MAX_CLAIM: Final = 128
"""The most characters of a claim."""

Letting: TypeAlias = NamedDependency[SkipValidation[Sessions]]


class LinkCode(Struct, frozen=True, kw_only=True):
    """A code that a page can exchange for a session, once."""

    code: str
    """The code, for the fragment of the page's address: `#code=…`."""


class CodeExchange(Struct, frozen=True, kw_only=True):
    """A page's request for a session."""

    code: str
    """The code of the page's address."""
    claim: Annotated[str, Meta(max_length=MAX_CLAIM)] = ""
    """Random text, with which the page can repeat the request if it missed the answer."""


class EndedSession(Struct, frozen=True, kw_only=True):
    """The session of a page is over."""

    ended: bool
    """False if the request showed no session."""


class PageSession(Struct, frozen=True, kw_only=True):
    """The session of a page."""

    session: str
    """The text to send as `Authorization: Bearer …`."""


@route(post, "/api/links")
def make_link(sessions: Letting) -> LinkCode:
    """Make a code that lets a page in; the code is valid once, for 15 minutes."""
    return LinkCode(code=sessions.make_code())


@route(post, "/api/sessions", "code_refused", "body_too_large")
def begin_session(sessions: Letting, data: JSONBody[CodeExchange]) -> PageSession:
    """Exchange a code for a session of seven days."""
    return PageSession(session=sessions.exchange(data.code, data.claim))


@route(delete, "/api/sessions")
def end_session(request: Request[Any, Any, Any], sessions: Letting) -> EndedSession:
    """End the session that the request shows, as a person signs out."""
    client: Client = cast(Scope, request.scope)[CLIENT_KEY]
    session_id = client.session_id
    return EndedSession(ended=session_id is not None and sessions.end(session_id))


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


ACCESS_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    make_link,
    begin_session,
    end_session,
    read_audit_log,
)
