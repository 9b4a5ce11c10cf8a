"""Makes a workflow's input from a request, and checks the input against the declared inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flightlog.errors import InvalidInputError
from flightlog.runtime.schemas import check_schema

InputOptions = Mapping[str, Mapping[str, Any]]

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (Mapping,),
    "array": (list, tuple),
}
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


def make_input(data: Mapping[str, Any], declared: InputOptions) -> Any:
    """
    Make a workflow's input from a request.

    Args:
        data: The request's `body`, `query` and `params` (or `pathParams`); each is optional.
        declared: The inputs by name; texts of query and path are converted to the declared types.

    Returns:
        The body if it is not an object. Otherwise the members of query, body and path in one
        object: the body's members replace the query's, and the path's replace both.
    """
    body = data.get("body")
    query = _read_members(data.get("query"))
    params = {**_read_members(data.get("pathParams")), **_read_members(data.get("params"))}
    if body is not None and not isinstance(body, Mapping):
        return body
    members = {name: _convert(value, declared.get(name)) for name, value in query.items()}
    members |= body or {}
    return members | {name: _convert(value, declared.get(name)) for name, value in params.items()}


def _read_members(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _convert(value: Any, options: Mapping[str, Any] | None) -> Any:
    kind = (options or {}).get("type")
    if not isinstance(value, str) or kind not in {"number", "boolean"}:
        return value
    if kind == "boolean":
        return _BOOLEANS.get(value.lower(), value)
    for number in (int, float):
        try:
            return number(value)
        except ValueError:
            continue
    return value


def check_input(given: Any, declared: InputOptions) -> Any:
    """
    Check an input against the declared inputs.

    Args:
        given: The input.
        declared: `{name: {"type": …, "required": …, "default": …, "validation": JSON Schema}}`.

    Returns:
        The input with its defaults.

    Raises:
        InvalidInputError: An input is missing, has a wrong type, or fails its validation.
        InvalidWorkflowError: A `validation` is no JSON Schema.
    """
    if not declared:
        return given
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise InvalidInputError("input", f"is {_name_json_type(given)}, not an object")
    checked = dict(given)
    for name, options in declared.items():
        if name not in checked:
            if "default" in options:
                checked[name] = options["default"]
            elif options.get("required"):
                raise InvalidInputError(f"input.{name}", "is missing")
            continue
        _check(name, checked[name], options)
    return checked


def _check(name: str, value: Any, options: Mapping[str, Any]) -> None:
    if value is None and not options.get("required"):
        return
    kind = options.get("type")
    wanted = _TYPES.get(str(kind))
    if wanted is not None and not (
        isinstance(value, wanted) and (kind == "boolean" or not isinstance(value, bool))
    ):
        raise InvalidInputError(f"input.{name}", f"is {_name_json_type(value)}, not {kind}")
    schema = options.get("validation")
    if isinstance(schema, Mapping):
        check_schema(value, schema, f"input.{name}")


def _name_json_type(value: Any) -> str:
    if value is None:
        return "null"
    kinds = [
        kind
        for kind, types in _TYPES.items()
        if isinstance(value, types) and (kind == "boolean" or not isinstance(value, bool))
    ]
    return kinds[0] if kinds else type(value).__name__
