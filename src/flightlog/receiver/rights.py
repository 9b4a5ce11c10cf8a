"""
The rights of a request: those that its client has, and the one that its route needs.

`access` checks the table before a request reaches its route. A request that is not in the table
needs the right to read, or `admin` for any other method than GET, so a forgotten route is closed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from flightlog.receiver.asgi import Scope
from flightlog.secret_key import SecretKey


class Right(StrEnum):
    """A right of a client; `admin` includes the other two."""

    INGEST = "ingest"
    """Send records, and report processes."""
    READ = "read"
    """Read the history."""
    ADMIN = "admin"
    """Also delete and star executions, save queries, and let others in."""


_EXECUTION: Final = "/api/executions/{execution_id:str}"
_PAYLOADS: Final = (
    f"{_EXECUTION}/trigger/data",
    *(f"{_EXECUTION}/nodes/{{sequence:int}}/{kind}" for kind in ("input", "output", "logs")),
)
PAYLOAD_VIEWS: Final = tuple(
    payload + view
    for payload in _PAYLOADS
    for view in ("", "/raw", "/tree", "/table", "/search", "/select")
)
"""The paths of payloads and of the views into them."""

RIGHTS: Final[Mapping[tuple[str, str], Right | None]] = {
    ("POST", "/api/executions"): Right.INGEST,
    ("PUT", "/api/processes/{process_id:str}"): Right.INGEST,
    ("GET", "/api/executions"): Right.READ,
    ("GET", _EXECUTION): Right.READ,
    ("GET", f"{_EXECUTION}/outline"): Right.READ,
    ("GET", f"{_EXECUTION}/share"): Right.READ,
    ("GET", f"{_EXECUTION}/models"): Right.READ,
    ("GET", "/api/usage"): Right.READ,
    **{("GET", path): Right.READ for path in PAYLOAD_VIEWS},
    ("GET", "/api/summaries"): Right.READ,
    ("GET", "/api/triggers"): Right.READ,
    ("GET", "/api/facets"): Right.READ,
    ("GET", "/api/query/fields"): Right.READ,
    ("GET", "/api/query/nearest"): Right.READ,
    ("GET", "/api/query/saved"): Right.READ,
    ("GET", "/api/counts"): Right.READ,
    ("GET", "/api/series"): Right.READ,
    ("GET", "/api/workflows"): Right.READ,
    ("GET", "/api/workflows/{workflow_id:str}/definition"): Right.READ,
    ("GET", "/api/projects"): Right.READ,
    ("GET", "/api/nodes"): Right.READ,
    ("GET", "/api/errors"): Right.READ,
    ("GET", "/api/comparison"): Right.READ,
    ("GET", "/api/stats"): Right.READ,
    ("GET", "/api/events"): Right.READ,
    ("GET", "/api/space"): Right.READ,
    ("POST", "/api/exports"): Right.READ,
    ("DELETE", _EXECUTION): Right.ADMIN,
    ("DELETE", "/api/workflows/{workflow_id:str}/executions"): Right.ADMIN,
    ("PUT", f"{_EXECUTION}/star"): Right.ADMIN,
    ("DELETE", f"{_EXECUTION}/star"): Right.ADMIN,
    ("PUT", "/api/query/saved/{name:str}"): Right.ADMIN,
    ("DELETE", "/api/query/saved/{name:str}"): Right.ADMIN,
    ("POST", "/api/deletions"): Right.ADMIN,
    ("DELETE", "/api/deletions/{waiting_id:str}"): Right.ADMIN,
    ("POST", "/api/links"): Right.ADMIN,
    ("GET", "/api/audit"): Right.ADMIN,
    # A page has no right yet when it exchanges its code.
    ("POST", "/api/sessions"): None,
    ("DELETE", "/api/sessions"): Right.READ,
    # Without the right to read, the health is only a sign of life: see `history`.
    ("GET", "/health"): None,
    ("GET", "/openapi.json"): None,
}
"""The right of each route of the API, by method and path; None: nothing is needed."""

PROJECT_ROUTES: Final = frozenset(
    {
        *((method, _EXECUTION) for method in ("GET", "DELETE")),
        *((method, f"{_EXECUTION}/star") for method in ("PUT", "DELETE")),
        *(("GET", path) for path in PAYLOAD_VIEWS),
        ("GET", "/api/executions"),
        ("GET", f"{_EXECUTION}/outline"),
        ("GET", "/api/summaries"),
        ("GET", "/api/triggers"),
        ("GET", "/api/facets"),
        ("GET", "/api/query/fields"),
        ("GET", "/api/query/nearest"),
        ("GET", "/api/counts"),
        ("GET", "/api/series"),
        ("GET", "/api/comparison"),
        ("GET", "/api/workflows"),
        ("GET", "/api/projects"),
        ("GET", "/api/nodes"),
        ("GET", "/api/errors"),
        ("GET", "/api/stats"),
        ("GET", "/api/usage"),
        ("GET", "/api/events"),
        ("POST", "/api/exports"),
        ("POST", "/api/deletions"),
        ("DELETE", "/api/deletions/{waiting_id:str}"),
        ("DELETE", "/api/workflows/{workflow_id:str}/executions"),
        ("POST", "/api/sessions"),
        ("GET", "/health"),
        ("GET", "/openapi.json"),
    }
)
"""
The routes of a client whose token is restricted to one project. `confinement` gives these routes a
history without other projects. Every other route is closed to the client.
"""


def compile_path(path: str) -> re.Pattern[str]:
    """
    Compile a path with parameters.

    Args:
        path: The path as its route declares it.

    Returns:
        The pattern of encoded paths.
    """
    return re.compile(re.sub(r"\{\w+:int\}", "[0-9]+", re.sub(r"\{\w+:str\}", "[^/]+", path)))


_PATTERNS: Final = tuple(
    (method, compile_path(path), right, (method, path) in PROJECT_ROUTES)
    for (method, path), right in RIGHTS.items()
)


def find_right(scope: Scope) -> Right | None:
    """
    Find the right that a request of the API needs.

    Args:
        scope: The request's ASGI scope.

    Returns:
        The right; None if nothing is needed.
    """
    return _look_up(scope)[0]


def is_for_projects(scope: Scope) -> bool:
    """
    Check whether a client may send a request whose token is restricted to one project.

    Args:
        scope: The request's ASGI scope.

    Returns:
        False for routes about the whole history, and for unknown routes.
    """
    return _look_up(scope)[1]


def _look_up(scope: Scope) -> tuple[Right | None, bool]:
    # A client whose configured address ends in a slash requests //api/executions.
    path = f"/{scope['raw_path'].decode('ascii').strip('/')}"
    # HEAD and OPTIONS show no more than GET.
    method = "GET" if scope["method"] in {"HEAD", "OPTIONS"} else scope["method"]
    for known, pattern, right, is_open in _PATTERNS:
        if method == known and pattern.fullmatch(path):
            return right, is_open
    return (Right.READ if method == "GET" else Right.ADMIN), False


CLIENT_KEY: Final = "flightlog.client"
"""The key of the ASGI scope at which the client of a request is found."""


class Client(Struct, frozen=True, kw_only=True):
    """The sender of a request."""

    rights: frozenset[Right]
    """The rights of the client."""
    who: str
    """The kind and the public part of the credentials, e.g. `token 6b1f09c2 (dashboard)`."""
    is_known: bool = True
    """Whether the client has proved who it is."""
    receipt_key: SecretKey | None = None
    """The key of the receipts for a client that showed a token."""
    forwarded_for: str | None = None
    """The address of the user, if a trusted proxy named it."""
    project_id: str | None = None
    """The only project that the client may see, if its token is restricted to one."""
    session_id: str | None = None
    """The session, if the client showed one."""


def find_project(scope: Scope) -> str | None:
    """
    Find the project to which the token of a request is restricted.

    Args:
        scope: The request's ASGI scope.

    Returns:
        The project; None for a client that may see the whole history.
    """
    client: Client = scope[CLIENT_KEY]
    return client.project_id
