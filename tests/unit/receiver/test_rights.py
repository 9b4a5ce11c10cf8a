from __future__ import annotations

import pytest

from flightlog.receiver.handlers import ROUTES
from flightlog.receiver.openapi import DESCRIBED_ROUTES
from flightlog.receiver.rights import RIGHTS, Right, find_right

NOT_DESCRIBED = {("GET", "/openapi.json")}


def test_every_route_is_in_the_table() -> None:
    """The table has each route of the API and no other."""
    routes = {
        (str(method), path)
        for handler in (*ROUTES, *DESCRIBED_ROUTES)
        for path in handler.paths
        for method in handler.http_methods
    }
    assert routes | NOT_DESCRIBED == RIGHTS.keys()


def test_only_three_routes_need_no_right() -> None:
    """The exchange of a code, the sign of life and the description of the API are for everyone."""
    assert {route for route, right in RIGHTS.items() if right is None} == {
        ("POST", "/api/sessions"),
        ("GET", "/health"),
        ("GET", "/openapi.json"),
    }


@pytest.mark.parametrize(("route", "right"), RIGHTS.items())
def test_a_request_of_each_route_needs_the_right_of_the_table(
    route: tuple[str, str], right: Right | None
) -> None:
    """Ids with encoded slashes and further slashes around the path change nothing."""
    method, path = route
    for part, value in (("{sequence:int}", "12"), ("_id:str}", "_id:str}")):
        path = path.replace(part, value)
    for part in ("execution_id", "workflow_id", "process_id"):
        path = path.replace(f"{{{part}:str}}", "a%2Fb")
    for written in (path, f"/{path}", f"{path}/"):
        scope = {"method": method, "raw_path": written.encode(), "path": written}
        assert find_right(scope) == right


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "/api/unknown", Right.READ),
        ("HEAD", "/api/executions/a", Right.READ),
        ("OPTIONS", "/api/deletions", Right.READ),
        ("POST", "/api/unknown", Right.ADMIN),
        ("PATCH", "/api/executions/a", Right.ADMIN),
        ("DELETE", "/api//executions/a", Right.ADMIN),
        ("POST", "/api/sessions/x", Right.ADMIN),
        ("PUT", "/health", Right.ADMIN),
        ("POST", "/", Right.ADMIN),
    ],
)
def test_a_request_of_no_route_needs_a_right(method: str, path: str, right: Right) -> None:
    """A request that is not in the table is closed."""
    assert find_right({"method": method, "raw_path": path.encode(), "path": path}) == right
