"""
Check the query parameters of a request: refuse unknown or repeated ones, and drop empty ones.

Litestar ignores unknown names, so that a misspelt filter would filter nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from flightlog.errors import InvalidQueryError
from flightlog.receiver.asgi import Scope

NULL: Final = "null"
_SHOWN_CHARACTERS: Final = 80


class Parameter(NamedTuple):
    """The properties of a route's parameter."""

    is_list: bool = False
    """Whether the parameter may be repeated."""
    is_text: bool = True
    """Whether the values are arbitrary text."""


NO_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType({})


def check_parameters(scope: Scope, known: Mapping[str, Parameter]) -> None:
    """
    Refuse parameters that a route doesn't accept, and drop parameters without a value.

    Args:
        scope: The request's ASGI scope; its query string is changed if a parameter is empty.
        known: The parameters that the route accepts, by name.

    Raises:
        InvalidQueryError: A parameter is unknown, is repeated without permission, or is `null`,
            which Litestar would read as an absent parameter. The error names the parameter.
    """
    query: bytes = scope.get("query_string", b"")
    if not query:
        return
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    seen: set[str] = set()
    for name, value in given:
        if name not in known:
            takes = ", ".join(f"`{name}`" for name in sorted(known))
            raise InvalidQueryError(
                name[:_SHOWN_CHARACTERS],
                "is no parameter of this route",
                hint=f"It takes {takes}." if takes else "It takes no parameters.",
            )
        if not value:
            continue
        if value.lower() == NULL and not known[name].is_text:
            raise InvalidQueryError(name, "is null", hint="Leave the parameter out.")
        if name in seen and not known[name].is_list:
            raise InvalidQueryError(name, "is given more than once", hint="Give it once.")
        seen.add(name)
    if any(not value for _, value in given):
        filled = [(name, value) for name, value in given if value]
        scope["query_string"] = urlencode(filled).encode()
