"""Find the query parameters of Litestar's handlers, and check requests for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from litestar import Request
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition
from litestar.utils.signature import ParsedSignature

from flightlog.receiver.asgi import Scope
from flightlog.receiver.parameters import Parameter, check_parameters


async def check_request(request: Request[Any, Any, Any]) -> None:
    """
    Check the parameters of a Litestar request before Litestar reads them.

    Args:
        request: The request.

    Raises:
        InvalidQueryError: A parameter is invalid; see `check_parameters`.
    """
    handler = request.route_handler
    if isinstance(handler, HTTPRouteHandler):
        check_parameters(cast(Scope, request.scope), find_parameters(handler))


@cache
def find_parameters(handler: HTTPRouteHandler) -> Mapping[str, Parameter]:
    """
    Find the parameters of a Litestar route, including those of its dependencies.

    Args:
        handler: The route's handler.

    Returns:
        The parameters by their names in requests.
    """
    return {
        definition.kwarg_definition.name or name: Parameter(
            is_list=any(part.is_non_string_sequence for part in _parts(definition)),
            is_text=any(part.annotation is str for part in _parts(definition)),
        )
        for name, definition in _list_definitions(handler)
        if isinstance(definition.kwarg_definition, QueryParameter)
    }


def find_parameter_name(handler: HTTPRouteHandler, name: str) -> str:
    """
    Find the name that a parameter has in requests.

    Args:
        handler: The route's handler.
        name: The name in Python, by which Litestar reports the parameter.

    Returns:
        The name in requests.
    """
    found = dict(_list_definitions(handler)).get(name)
    return getattr(found and found.kwarg_definition, "name", None) or name


def _list_definitions(handler: HTTPRouteHandler) -> Iterator[tuple[str, FieldDefinition]]:
    # Not by `resolve_dependencies`, which would fix the dependencies of a handler that no
    # application has yet.
    yield from handler.parsed_fn_signature.parameters.items()
    for dependency in (handler.dependencies or {}).values():
        if isinstance(dependency, Provide):
            signature = ParsedSignature.from_fn(dependency.dependency, {})
            yield from signature.parameters.items()


def _parts(definition: FieldDefinition) -> Iterator[FieldDefinition]:
    yield definition
    for inner in definition.inner_types:
        yield from _parts(inner)
