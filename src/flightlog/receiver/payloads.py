"""
Serve single payloads over HTTP: whole, or in parts.

Each payload has its own address: the trigger's data, and a node execution's input and output. Below
each address are the same routes for parts of the payload; `flightlog.payload` computes their
answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any, Final, Literal, TypeAlias
from urllib.parse import unquote

from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, QueryParameter, SkipValidation
from msgspec import Raw

from flightlog.payload import (
    MAX_MATCHES,
    Matches,
    Table,
    Tree,
    read_table,
    read_tree,
    search,
)
from flightlog.payload.values import decode_string
from flightlog.receiver.open_payloads import OpenPayload, PayloadPlace, ProjectPayloads
from flightlog.receiver.ranges import answer_part
from flightlog.receiver.routing import MAX_OFFSET, route

Payloads: TypeAlias = NamedDependency[SkipValidation[ProjectPayloads]]
Place: TypeAlias = NamedDependency[SkipValidation[PayloadPlace]]

_TRIGGER: Final = "/api/executions/{execution_id:str}/trigger/data"
_INPUT: Final = "/api/executions/{execution_id:str}/nodes/{sequence:int}/input"
_OUTPUT: Final = "/api/executions/{execution_id:str}/nodes/{sequence:int}/output"
_LOGS: Final = "/api/executions/{execution_id:str}/nodes/{sequence:int}/logs"

_PATH: Final = QueryParameter(
    description="JSON pointer (RFC 6901); empty is the whole payload.", format="json-pointer"
)
_MAX_PAGE: Final = 1_000
_MAX_TEXT: Final = 1_000
_OFFSET: Final = QueryParameter(description="Skip so many parts.", ge=0, le=MAX_OFFSET)
_PAGE: Final = QueryParameter(description="At most so many parts.", ge=1, le=_MAX_PAGE)
_FOUND: Final = QueryParameter(description="At most so many places.", ge=1, le=MAX_MATCHES)
_TEXT: Final = QueryParameter(
    name="q", description="What to find in names and values, any case.", max_length=_MAX_TEXT
)
_QUERY: Final = QueryParameter(
    description="JSONPath (RFC 9535), e.g. `$.items[?@.price > 10]`.",
    max_length=_MAX_TEXT,
    format="json-path",
)
_FORM: Final = QueryParameter(name="as", description="`text`: a text without quotes and escapes.")
_DOWNLOAD: Final = QueryParameter(description="Whether a browser shall save it as a file.")
_RANGE: Final = HeaderParameter(name="Range", description="E.g. `bytes=0-65535`: only that part.")
_IF_RANGE: Final = HeaderParameter(name="If-Range", description="The ETag that the part is of.")

_NODE: Final = QueryParameter(
    name="nodeId",
    description="The node's id, where several node executions have one `sequence`; without it, "
    "the first of them.",
)

_JSON: Final = "application/json"
_PLAIN_TEXT: Final = "text/plain"
# A browser must never run a payload as a page of the receiver.
NEVER_A_PAGE: Final = {
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "content-disposition": "attachment",
}
"""The headers of everything that holds payloads."""
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


async def get_payload(
    *,
    open_payloads: Payloads,
    place: Place,
    download: Annotated[bool, _DOWNLOAD] = False,
    part: Annotated[str | None, _RANGE] = None,
    unchanged: Annotated[str | None, _IF_RANGE] = None,
) -> Response[Raw]:
    """Read a payload byte for byte, or a range of its bytes."""
    answer = await open_payloads.apply(place, partial(_whole, part=part, unchanged=unchanged))
    answer.headers.update(NEVER_A_PAGE)
    if download:
        name = _UNSAFE.sub("_", "-".join(str(part) for part in place if part is not None))
        answer.headers["content-disposition"] = f'attachment; filename="{name}.json"'
    return answer


async def get_raw(
    *,
    open_payloads: Payloads,
    place: Place,
    path: Annotated[str, _PATH] = "",
    form: Annotated[Literal["json", "text"], _FORM] = "json",
    part: Annotated[str | None, _RANGE] = None,
    unchanged: Annotated[str | None, _IF_RANGE] = None,
) -> Response[Raw]:
    """Read one value of a payload: its JSON, or the content of a text."""

    def act(payload: OpenPayload) -> Response[Any]:
        value = payload.document.find(path)
        says = form == "text" and value.kind == "string"
        content = decode_string(value).encode() if says else value.json()
        media_type = _PLAIN_TEXT if form == "text" else _JSON
        return answer_part(content, f"{payload.digest}{path}", media_type, part, unchanged)

    answer = await open_payloads.apply(place, act)
    answer.headers.update(NEVER_A_PAGE)
    return answer


async def get_tree(
    *,
    open_payloads: Payloads,
    place: Place,
    path: Annotated[str, _PATH] = "",
    offset: Annotated[int, _OFFSET] = 0,
    limit: Annotated[int, _PAGE] = 100,
) -> Tree:
    """Read one level of a payload, with the kind, size and beginning of each part."""
    return await open_payloads.apply(
        place, lambda payload: read_tree(payload.document, path, offset, limit)
    )


async def get_table(
    *,
    open_payloads: Payloads,
    place: Place,
    path: Annotated[str, _PATH] = "",
    offset: Annotated[int, _OFFSET] = 0,
    limit: Annotated[int, _PAGE] = 100,
) -> Table:
    """Read a list of similar objects as a table."""
    return await open_payloads.apply(
        place, lambda payload: read_table(payload.document, path, offset, limit)
    )


async def search_payload(
    *,
    open_payloads: Payloads,
    place: Place,
    text: Annotated[str, _TEXT] = "",
    limit: Annotated[int, _FOUND] = 100,
) -> Matches:
    """Find a text in a payload's names and values."""
    return await open_payloads.apply(place, lambda payload: search(payload.document, text, limit))


async def select_payload(
    *,
    open_payloads: Payloads,
    place: Place,
    jsonpath: Annotated[str, _QUERY] = "$",
    limit: Annotated[int, _FOUND] = 100,
) -> Matches:
    """Find the values that a JSONPath query selects in a payload of at most 4 MiB."""
    # Import late, because the libraries take megabytes and few requests need them.
    from flightlog.payload.jsonpath import select  # noqa: PLC0415

    return await open_payloads.apply(
        place, lambda payload: select(payload.document, jsonpath, limit)
    )


async def _trigger(execution_id: FromPath[str]) -> PayloadPlace:
    return PayloadPlace(unquote(execution_id), "trigger")


async def _input(
    execution_id: FromPath[str],
    sequence: FromPath[int],
    node_id: Annotated[str | None, _NODE] = None,
) -> PayloadPlace:
    return PayloadPlace(unquote(execution_id), "input", sequence, node_id)


async def _output(
    execution_id: FromPath[str],
    sequence: FromPath[int],
    node_id: Annotated[str | None, _NODE] = None,
) -> PayloadPlace:
    return PayloadPlace(unquote(execution_id), "output", sequence, node_id)


async def _logs(
    execution_id: FromPath[str],
    sequence: FromPath[int],
    node_id: Annotated[str | None, _NODE] = None,
) -> PayloadPlace:
    return PayloadPlace(unquote(execution_id), "logs", sequence, node_id)


def _routes() -> Iterator[HTTPRouteHandler]:
    places: tuple[tuple[str, str, Callable[..., Any]], ...] = (
        (_TRIGGER, "TriggerData", _trigger),
        (_INPUT, "NodeInput", _input),
        (_OUTPUT, "NodeOutput", _output),
        (_LOGS, "NodeLogs", _logs),
    )
    questions: tuple[tuple[str, str, Callable[..., Any], tuple[str, ...]], ...] = (
        ("", "get{}", get_payload, ("range_not_satisfiable",)),
        ("/raw", "get{}Raw", get_raw, ("range_not_satisfiable",)),
        ("/tree", "get{}Tree", get_tree, ()),
        ("/table", "get{}Table", get_table, ()),
        ("/search", "search{}", search_payload, ()),
        ("/select", "select{}", select_payload, ("payload_too_large",)),
    )
    for base, what, place_of in places:
        for path, name, function, codes in questions:
            yield route(
                get,
                f"{base}{path}",
                "not_found",
                "payload_damaged",
                *codes,
                name=name.format(what),
                dependencies={"place": Provide(place_of)},
                blocks=False,
            )(function)


PAYLOAD_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = tuple(_routes())


def _whole(payload: OpenPayload, *, part: str | None, unchanged: str | None) -> Response[Any]:
    return answer_part(payload.text, payload.digest, _JSON, part, unchanged)
