"""
The parameters of a request's address: known ones once, unknown ones refused, empty ones absent.

Litestar ignores names that it doesn't know, so that a misspelt filter would filter nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from flightlog.errors import InvalidQueryError
from flightlog.receiver.asgi import Scope

NO_PARAMETERS: Final[Mapping[str, bool]] = MappingProxyType({})
_SHOWN_CHARACTERS: Final = 80


def check_parameters(scope: Scope, known: Mapping[str, bool]) -> None:
    """
    Refuse parameters that a route doesn't take, and drop those without a value.

    Args:
        scope: The request's; its query string is changed where a parameter is empty.
        known: The names that the route takes, and whether each may be repeated.

    Raises:
        InvalidQueryError: A parameter is unknown, or is repeated and may not be; names it.
    """
    query: bytes = scope.get("query_string", b"")
    if not query:
        return
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    seen: set[str] = set()
    for name, value in given:
        if name not in known:
            takes = ", ".join(f"`{one}`" for one in sorted(known))
            raise InvalidQueryError(
                name[:_SHOWN_CHARACTERS],
                "is no parameter of this route",
                hint=f"It takes {takes}." if takes else "It takes no parameters.",
            )
        if not value:
            continue
        if name in seen and not known[name]:
            raise InvalidQueryError(name, "is given more than once", hint="Give it once.")
        seen.add(name)
    if any(not value for _, value in given):
        filled = [(name, value) for name, value in given if value]
        scope["query_string"] = urlencode(filled).encode()


async def check_request(request: Request[Any, Any, Any]) -> None:
    """Check the parameters of a request that Litestar serves, before Litestar reads them."""
    handler = request.route_handler
    if isinstance(handler, HTTPRouteHandler):
        check_parameters(cast(Scope, request.scope), _known(handler))


@cache
def _known(handler: HTTPRouteHandler) -> Mapping[str, bool]:
    return {
        definition.kwarg_definition.name or name: definition.is_non_string_sequence
        or any(inner.is_non_string_sequence for inner in definition.inner_types)
        for name, definition in handler.parsed_fn_signature.parameters.items()
        if isinstance(definition.kwarg_definition, QueryParameter)
    }
