from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from flightlog import errors
from flightlog.errors import FlightlogError, StoreError
from flightlog.receiver import Receiver
from flightlog.receiver.problems import KINDS, describe_failure

TEXTS = {
    ("POST", "//api/executions"): "Failed to log execution",
    ("GET", "/api/executions"): "Failed to get execution history",
    ("GET", "/api/executions/7"): "Failed to get execution details",
    ("DELETE", "/api/executions/7"): "Failed to delete execution",
    ("DELETE", "/api/workflows/w/executions"): "Failed to clear workflow executions",
    ("PUT", "/api/processes/p"): "Failed to note the process",
    ("GET", "/nothing"): "Failed to answer the request",
}

JSON = {"content-type": "application/json"}
BAD_REQUESTS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/nothing/here", {}, 404, "no_such_route"),
    ("POST", "/nothing", {"json": {}}, 404, "no_such_route"),
    ("GET", "/api", {}, 404, "no_such_route"),
    ("GET", "/api/none", {"headers": {"accept": "text/html"}}, 404, "no_such_route"),
    ("GET", "/assets/none.js", {"headers": {"accept": "text/html"}}, 404, "no_such_route"),
    ("POST", "/", {"json": {}}, 404, "no_such_route"),
    ("POST", "/api/events", {"json": {}}, 405, "method_not_allowed"),
    ("POST", "/api/summaries", {"json": {}}, 405, "method_not_allowed"),
    ("PUT", "/api/executions/none/star", {}, 404, "not_found"),
    ("PUT", "/api/executions/none/star", {"content": b"a=b"}, 415, "request_refused"),
    ("POST", "/api/deletions", {"data": {"ids": "1"}}, 415, "request_refused"),
    ("POST", "/api/deletions", {"content": b"{", "headers": JSON}, 400, "invalid_query"),
    ("POST", "/api/deletions", {"json": {"ids": "1"}}, 400, "invalid_query"),
    ("POST", "/api/exports", {"json": {"ids": ["x"] * 10_001}}, 400, "invalid_query"),
    ("POST", "/api/exports", {"json": {"ids": ["x" * 9_000] * 900}}, 413, "body_too_large"),
    ("GET", "/api/executions/a/b", {}, 404, "no_such_route"),
    ("GET", "/api/executions/a/nodes/x/input", {}, 404, "no_such_route"),
    ("PUT", "/api/executions", {"json": {}}, 405, "method_not_allowed"),
    ("POST", "/api/executions/7", {"json": {}}, 405, "method_not_allowed"),
    ("GET", "/api/workflows/w/executions", {}, 405, "method_not_allowed"),
    ("DELETE", "/api/stats", {}, 405, "method_not_allowed"),
    ("GET", "/api/processes/p", {}, 405, "method_not_allowed"),
    ("PUT", "/api/processes/p/q", {"json": {}}, 404, "no_such_route"),
    ("PUT", "/api/processes/p", {"json": {}}, 401, "bad_signature"),
    ("PUT", "/api/processes/p", {"content": b"{}"}, 415, "request_refused"),
    (
        "PUT",
        "/api/processes/p",
        {"content": b" " * 100_000, "headers": JSON},
        413,
        "body_too_large",
    ),
    (
        "POST",
        "/api/executions",
        {"json": {}, "headers": {"flightlog-signature": "0" * 64}},
        401,
        "bad_signature",
    ),
    ("POST", "/health", {}, 405, "method_not_allowed"),
    ("POST", "/openapi.json", {}, 405, "method_not_allowed"),
    ("POST", "/api/executions", {"content": b"{", "headers": JSON}, 400, "invalid_record"),
    ("POST", "/api/executions", {"data": {"id": "1"}}, 415, "request_refused"),
    ("POST", "/api/executions", {"content": b"{}"}, 415, "request_refused"),
    (
        "POST",
        "/api/executions",
        {"content": b"", "headers": {**JSON, "content-encoding": "br"}},
        415,
        "request_refused",
    ),
    (
        "POST",
        "/api/executions",
        {"content": b" " * 20_000_000, "headers": JSON},
        413,
        "body_too_large",
    ),
    ("GET", "/api/executions?limit=x", {}, 400, "invalid_query"),
    ("GET", "/api/executions/none", {}, 404, "not_found"),
    ("DELETE", "/api/executions/none", {}, 404, "not_found"),
    ("GET", "/api/executions/none/trigger/data", {}, 404, "not_found"),
    ("GET", "/api/executions/none/nodes/0/input", {}, 404, "not_found"),
    ("GET", "/api/executions/none/nodes/0/output", {}, 404, "not_found"),
    *[
        (method, path, {"headers": {"host": "evil.example"}}, 403, "request_refused")
        for method, path in (
            ("GET", "/api/executions"),
            ("POST", "/api/executions"),
            ("GET", "/api/stats"),
            ("GET", "/health"),
            ("GET", "/openapi.json"),
            ("DELETE", "/api/workflows/w/executions"),
            ("GET", "/nothing"),
            ("GET", "/"),
            ("GET", "/api/summaries"),
            ("GET", "/api/events"),
            ("POST", "/api/deletions"),
            ("POST", "/api/exports"),
            ("PUT", "/api/executions/a/star"),
        )
    ],
]


@pytest.fixture(scope="module")
def client(receiver: Receiver) -> Iterator[httpx.Client]:
    """Make a client of `receiver`."""
    with httpx.Client(base_url=receiver.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [((method, path, more), status, code) for method, path, more, status, code in BAD_REQUESTS],
    ids=[f"{method} {path} {code}" for method, path, _, _, code in BAD_REQUESTS],
)
def test_every_route_errs_in_one_shape(
    request_: tuple[str, str, dict[str, Any]], status: int, code: str, client: httpx.Client
) -> None:
    """Every route answers every error with a complete problem object."""
    method, path, more = request_
    response = client.request(method, path, **more)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:flightlog:problem:{code}"
    assert problem["success"] is False
    assert problem["retryable"] is False
    assert all(problem[member] for member in ("title", "detail", "hint", "error"))
    if status == 405:
        assert method not in response.headers["allow"].split(", ")
    if status == 401:
        assert response.headers["www-authenticate"] == "Flightlog-Signature"


def test_every_error_has_a_code_of_its_own() -> None:
    """Each error class has its own code, and each error that a store raises has a status."""
    classes = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, FlightlogError)
    ]
    codes = [error.code for error in classes]
    assert len(set(codes)) == len(codes)
    assert {error.code for error in classes if issubclass(error, StoreError)} <= set(KINDS)


@pytest.mark.parametrize(("request_", "text"), TEXTS.items(), ids=repr)
def test_the_seeds_words_for_what_failed(request_: tuple[str, str], text: str) -> None:
    """`error` has the text of the editor's own logger."""
    assert describe_failure(*request_) == text
