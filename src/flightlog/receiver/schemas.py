"""
Make the OpenAPI document as precise as the receiver's checks.

Litestar describes routes and parameters. This module replaces Litestar's schemas of records and
answers by msgspec's schemas, which contain every checked limit. It also states for each parameter
that an empty value means an absent parameter.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, cast, get_args

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from flightlog.record.model import MAX_COUNT, MAX_ID_CHARACTERS

Json = dict[str, Any]

_REFERENCE: Final = "#/components/schemas/{name}"
_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_ID: Final[Json] = {"$ref": _REFERENCE.format(name="Id")}
_RUN_ID: Final[Json] = {
    "format": "uuid",
    "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
}
_PATH_PARAMETERS: Final[dict[str, Json]] = {
    "sequence": {"type": "integer", "minimum": 0, "maximum": MAX_COUNT},
    # The record in the body must name the same process, so it must be an id of a record.
    "process_id": _ID,
}
_TIMES: Final = ("startedAt", "completedAt")
_RUN_IDS: Final = ("runId", "parentRunId")
_TAKEN: Final = ("WorkflowExecution", "NodeExecution", "Message", "Heartbeat")
_NARROWING: Final = {"enum", "format", "pattern", "minLength"}
_SURROGATES: Final = range(0xD800, 0xE000)


def refine(document: Json, handlers: Iterable[HTTPRouteHandler]) -> Json:
    """
    Refine a document in place.

    Args:
        document: The document that Litestar generated.
        handlers: The routes in the document.

    Returns:
        The refined document.
    """
    _, schemas = msgspec.json.schema_components(_structs(handlers), ref_template=_REFERENCE)
    for name in _TAKEN:
        _describe_texts(schemas[name]["properties"])
    document["components"]["schemas"].update(schemas, Id=_id_schema())
    for address, path in document["paths"].items():
        for operation in path.values():
            responses = operation["responses"]
            if address.endswith("/raw"):
                responses["200"]["content"]["text/plain"] = {"schema": {"type": "string"}}
            if "416" in responses:
                responses["206"] = {**responses["200"], "description": "Partial Content"}
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _parameter_schema(parameter)
    return cast(Json, _with_whole_numbers(document))


def _structs(handlers: Iterable[HTTPRouteHandler]) -> list[type[Struct]]:
    found: dict[type[Struct], None] = {}
    for handler in handlers:
        signature = handler.parsed_fn_signature
        annotations = [parameter.annotation for parameter in signature.parameters.values()]
        for annotation in (*annotations, signature.return_type.annotation):
            for kind in (annotation, *get_args(annotation)):
                if isinstance(kind, type) and issubclass(kind, Struct):
                    found[kind] = None
    return list(found)


def _describe_texts(properties: Json) -> None:
    for name, schema in properties.items():
        if name in _TIMES:
            _text_in(schema).update(_TIME)
        elif name in {"id", "processId"}:
            text = _text_in(schema)
            text.clear()
            text.update(_ID)
        elif name in _RUN_IDS:
            _text_in(schema).update(_RUN_ID)


def _text_in(schema: Json) -> Json:
    return cast(Json, schema["anyOf"][0] if "anyOf" in schema else schema)


def _id_schema() -> Json:
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_ID_CHARACTERS,
        "pattern": f"^[{_printable()}]*$",
    }


@cache
def _printable() -> str:
    # All characters of `str.isprintable`, as ranges of a regular expression.
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if code in _SURROGATES or not chr(code).isprintable():
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{_escaped(first)}-{_escaped(last)}" for first, last in ranges)


def _escaped(code: int) -> str:
    character = chr(code)
    return character if character.isalnum() or code > 0x7F else f"\\x{code:02x}"  # noqa: PLR2004


def _parameter_schema(parameter: Mapping[str, Any]) -> Json:
    schema: Json = dict(parameter["schema"])
    choices = schema.pop("oneOf", None)
    if choices is not None:
        (choice,) = (candidate for candidate in choices if candidate != {"type": "null"})
        schema = {**choice, **schema}
    if isinstance(schema.get("type"), list):
        schema["type"] = next(kind for kind in schema["type"] if kind != "null")
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    if parameter["in"] != "query":
        return _PATH_PARAMETERS.get(parameter["name"], schema)
    if schema["type"] == "array":
        return {**schema, "items": _or_empty(schema["items"])}
    return _or_empty(schema)


def _or_empty(schema: Json) -> Json:
    if schema["type"] == "string" and not _NARROWING & set(schema):
        return schema
    outer: Json = {name: schema[name] for name in ("description", "default") if name in schema}
    inner = {name: value for name, value in schema.items() if name not in outer}
    return {**outer, "anyOf": [inner, {"type": "string", "maxLength": 0}]}


def _with_whole_numbers(value: Any) -> Any:
    # Litestar writes limits as floats, e.g. 1e3, and floats are not exact beyond 2^53.
    if isinstance(value, dict):
        return {name: _with_whole_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
