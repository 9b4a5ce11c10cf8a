"""
Finds the route template of a request, and chooses the requests to record.

A web framework decides on the route after its middleware has begun. So this module matches the
path against the routes that the application has declared. It reads the routes of Starlette and
FastAPI by their attributes, because recording must not import a web framework; Litestar passes the
template on. `flightlog.capture.asgi` owns the middleware.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import translate
from typing import Any, Final, TypeAlias

PathPattern: TypeAlias = str | re.Pattern[str]
"""A prefix of whole segments (`/api`), a pattern with `*` or `?` (`/*/internal`), or a regex."""
PathPatterns: TypeAlias = PathPattern | Collection[PathPattern]

HEALTH_CHECKS: Final = frozenset(
    {
        "/favicon.ico",
        "/health",
        "/healthcheck",
        "/healthz",
        "/live",
        "/livez",
        "/liveness",
        "/metrics",
        "/ping",
        "/ready",
        "/readyz",
        "/readiness",
        "/status",
        "/up",
    }
)
"""The paths, without a slash at the end, at which programs ask whether an application works."""

_READING: Final = frozenset({"GET", "HEAD"})
_CONVERTER: Final = re.compile(r"\{(\w+):[^{}]*\}")
_MAX_DEPTH: Final = 8


class PathFilter:
    """
    Chooses requests by their paths.

    Args:
        include: Only requests whose path matches one of these; None means all.
        exclude: No requests whose path matches one of these.
        health_checks: Whether requests of health checks are chosen, too.
    """

    def __init__(
        self,
        include: PathPatterns | None,
        exclude: PathPatterns,
        *,
        health_checks: bool,
    ) -> None:
        self._include = None if include is None else _compile(include)
        self._exclude = _compile(exclude)
        self._health_checks = health_checks

    def matches(self, method: str, path: str) -> bool:
        """
        Check one request.

        Args:
            method: The method.
            path: The path.

        Returns:
            Whether the request is chosen.
        """
        if self._include is not None and not any(kept.search(path) for kept in self._include):
            return False
        if any(pattern.search(path) for pattern in self._exclude):
            return False
        is_check = method in _READING and path.rstrip("/") in HEALTH_CHECKS
        return self._health_checks or not is_check


def _compile(patterns: PathPatterns) -> tuple[re.Pattern[str], ...]:
    several = (patterns,) if isinstance(patterns, str | re.Pattern) else patterns
    return tuple(
        pattern if isinstance(pattern, re.Pattern) else re.compile(_write_pattern(pattern))
        for pattern in several
    )


def _write_pattern(pattern: str) -> str:
    if "*" in pattern or "?" in pattern:
        return rf"\A{translate(pattern)}"
    prefix = re.escape(pattern.rstrip("/"))
    return rf"\A{prefix}(?:/|\Z)"


def find_route_template(scope: Mapping[str, Any], app: object) -> str | None:
    """
    Find the template of the route that will handle a request.

    Args:
        scope: The request's ASGI scope.
        app: The application that the middleware wraps.

    Returns:
        The template, e.g. `/orders/{order_id}`; None where no route matches or the application has
        no templates.
    """
    declared = scope.get("path_template")
    if isinstance(declared, str) and declared:
        return _CONVERTER.sub(r"{\1}", declared)
    path, root = str(scope.get("path", "")), str(scope.get("root_path", "")).rstrip("/")
    if root and path.startswith(f"{root}/"):
        path = path[len(root) :]
    routes = _list_routes(scope.get("app") or app)
    return None if routes is None else _match(routes, str(scope.get("method")), path, 0)


def _list_routes(app: object) -> Iterable[Any] | None:
    for _ in range(_MAX_DEPTH):
        routes = getattr(app, "routes", None)
        if isinstance(routes, list):
            return routes
        # Middleware keeps the application that it wraps as `app`.
        app = getattr(app, "app", None)
        if app is None:
            return None
    return None


def _match(routes: Iterable[Any], method: str, path: str, depth: int) -> str | None:
    for route in _flatten(routes):
        regex = getattr(route, "path_regex", None)
        template = getattr(route, "path_format", None)
        if not isinstance(regex, re.Pattern) or not isinstance(template, str):
            continue
        found = regex.match(path)
        if found is None:
            continue
        methods = getattr(route, "methods", None)
        if methods and method not in methods:
            continue
        inner = getattr(route, "routes", None)
        # Only a mounted application has routes of its own, and takes the rest of the path.
        if inner is None or "path" not in found.groupdict():
            return template
        if depth >= _MAX_DEPTH:
            return None
        below = _match(inner, method, f"/{found['path']}", depth + 1)
        if below is not None:
            return template.removesuffix("/{path}") + below
        return template if not inner else None
    return None


def _flatten(routes: Iterable[Any]) -> Iterator[Any]:
    for route in routes:
        # FastAPI keeps an included router as one route, with contexts that have whole paths.
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
            continue
        for context in contexts():
            yield getattr(context, "starlette_route", None) or context
