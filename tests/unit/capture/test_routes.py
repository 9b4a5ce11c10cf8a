"""Requests are chosen by their paths."""

from __future__ import annotations

import pytest

from flightlog.capture.routes import PathFilter


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/health", False),
        ("HEAD", "/readyz/", False),
        ("POST", "/health", True),
        ("GET", "/health/orders", True),
        ("GET", "/orders", True),
    ],
)
def test_health_checks_are_left_out(method: str, path: str, expected: bool) -> None:
    """Reading a health check is no run; other requests to such a path are."""
    assert PathFilter(None, (), health_checks=False).matches(method, path) is expected
    assert PathFilter(None, (), health_checks=True).matches(method, path)


def test_excluded_path_is_left_out_of_the_included() -> None:
    """A request needs a path that is included and not excluded."""
    paths = PathFilter(("/api",), ("/api/internal",), health_checks=False)
    assert paths.matches("GET", "/api/orders")
    assert not paths.matches("GET", "/api/internal/jobs")
    assert not paths.matches("GET", "/other")
