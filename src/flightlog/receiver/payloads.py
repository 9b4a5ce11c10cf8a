"""
Single payloads over HTTP: whole, in parts, and looked into.

Each payload has its own address: the trigger's data, a node execution's input and output. Below
each stand the same four questions, which `flightlog.payload` answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any, Final, TypeAlias
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
    select,
)
from flightlog.receiver.opened import OpenedPayloads, OpenPayload, PayloadPlace
from flightlog.receiver.problems import RANGE_NOT_SATISFIABLE, failure_text, problem_answer
from flightlog.receiver.routing import route, within

Opened: TypeAlias = NamedDependency[SkipValidation[OpenedPayloads]]
Place: TypeAlias = NamedDependency[SkipValidation[PayloadPlace]]

_TRIGGER: Final = "/api/executions/{execution_id:str}/trigger/data"
_INPUT: Final = "/api/executions/{execution_id:str}/nodes/{sequence:int}/input"
_OUTPUT: Final = "/api/executions/{execution_id:str}/nodes/{sequence:int}/output"

_PATH: Final = QueryParameter(description="JSON pointer (RFC 6901); empty is the whole payload.")
_OFFSET: Final = QueryParameter(description="Skip so many parts.")
_PAGE: Final = QueryParameter(description="At most so many parts, 1 to 1,000.")
_FOUND: Final = QueryParameter(description="At most so many places, 1 to 1,000.")
_TEXT: Final = QueryParameter(name="q", description="What to find in names and values, any case.")
_QUERY: Final = QueryParameter(description="JSONPath (RFC 9535), e.g. `$.items[?@.price > 10]`.")
_DOWNLOAD: Final = QueryParameter(description="Whether a browser shall save it as a file.")
_RANGE: Final = HeaderParameter(name="Range", description="E.g. `bytes=0-65535`: only that part.")
_IF_RANGE: Final = HeaderParameter(name="If-Range", description="The ETag that the part is of.")

_MAX_PAGE: Final = 1_000
_MAX_OFFSET: Final = 2**62
_MAX_TEXT: Final = 1_000
_ONE_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


async def get_payload(
    *,
    opened: Opened,
    place: Place,
    download: Annotated[bool, _DOWNLOAD] = False,
    part: Annotated[str | None, _RANGE] = None,
    unchanged: Annotated[str | None, _IF_RANGE] = None,
) -> Response[Raw]:
    """Read a payload byte for byte, or a range of its bytes."""
    answer = await opened.look(place, partial(_answer, part=part, unchanged=unchanged))
    if download:
        name = _UNSAFE.sub("_", "-".join(str(one) for one in place if one is not None))
        answer.headers["content-disposition"] = f'attachment; filename="{name}.json"'
    return answer


async def get_tree(
    *,
    opened: Opened,
    place: Place,
    path: Annotated[str, _PATH] = "",
    offset: Annotated[int, _OFFSET] = 0,
    limit: Annotated[int, _PAGE] = 100,
) -> Tree:
    """Unfold one level of a payload, with the kind, size and beginning of each part."""
    within("offset", offset, 0, _MAX_OFFSET)
    within("limit", limit, 1, _MAX_PAGE)
    return await opened.look(place, lambda one: read_tree(one.document, path, offset, limit))


async def get_table(
    *,
    opened: Opened,
    place: Place,
    path: Annotated[str, _PATH] = "",
    offset: Annotated[int, _OFFSET] = 0,
    limit: Annotated[int, _PAGE] = 100,
) -> Table:
    """Read a list of similar objects as a table."""
    within("offset", offset, 0, _MAX_OFFSET)
    within("limit", limit, 1, _MAX_PAGE)
    return await opened.look(place, lambda one: read_table(one.document, path, offset, limit))


async def search_payload(
    *,
    opened: Opened,
    place: Place,
    text: Annotated[str, _TEXT],
    limit: Annotated[int, _FOUND] = 100,
) -> Matches:
    """Find a text in a payload's names and values."""
    within("limit", limit, 1, MAX_MATCHES)
    within("q", len(text), 0, _MAX_TEXT)
    return await opened.look(place, lambda one: search(one.document, text, limit))


async def select_payload(
    *,
    opened: Opened,
    place: Place,
    jsonpath: Annotated[str, _QUERY],
    limit: Annotated[int, _FOUND] = 100,
) -> Matches:
    """Find what a JSONPath query selects in a payload of at most 8 MiB."""
    within("limit", limit, 1, MAX_MATCHES)
    within("jsonpath", len(jsonpath), 0, _MAX_TEXT)
    return await opened.look(place, lambda one: select(one.document, jsonpath, limit))


async def _trigger(execution_id: FromPath[str]) -> PayloadPlace:
    return PayloadPlace(unquote(execution_id), "trigger")


async def _input(execution_id: FromPath[str], sequence: FromPath[int]) -> PayloadPlace:
    return PayloadPlace(unquote(execution_id), "input", sequence)


async def _output(execution_id: FromPath[str], sequence: FromPath[int]) -> PayloadPlace:
    return PayloadPlace(unquote(execution_id), "output", sequence)


def _routes() -> Iterator[HTTPRouteHandler]:
    places: tuple[tuple[str, str, Callable[..., Any]], ...] = (
        (_TRIGGER, "TriggerData", _trigger),
        (_INPUT, "NodeInput", _input),
        (_OUTPUT, "NodeOutput", _output),
    )
    questions: tuple[tuple[str, str, Callable[..., Any], tuple[str, ...]], ...] = (
        ("", "get{}", get_payload, ("range_not_satisfiable",)),
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
                *codes,
                name=name.format(what),
                dependencies={"place": Provide(place_of)},
                blocks=False,
            )(function)


PAYLOAD_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = tuple(_routes())


def _answer(payload: OpenPayload, *, part: str | None, unchanged: str | None) -> Response[Any]:
    etag = f'"{payload.digest}"'
    size = len(payload.text)
    headers = {"etag": etag, "accept-ranges": "bytes"}
    chosen = None if part is None else _ONE_RANGE.fullmatch(part.strip())
    # Several ranges, and what is none, may be answered with the whole.
    if chosen is None or chosen[0] == "bytes=-" or unchanged not in {None, etag}:
        return Response(payload.text, media_type="application/json", headers=headers)
    first, last = _bounds(chosen[1], chosen[2], size)
    if not first <= last < size:
        problem = problem_answer(
            RANGE_NOT_SATISFIABLE, failed=failure_text("GET", "/api/executions/")
        )
        told = {name.decode(): value.decode() for name, value in problem.headers}
        return Response(
            problem.body,
            status_code=problem.status,
            media_type=told.pop("content-type"),
            headers={**told, "content-range": f"bytes */{size}"},
        )
    return Response(
        payload.text[first : last + 1],
        status_code=206,
        media_type="application/json",
        headers={**headers, "content-range": f"bytes {first}-{last}/{size}"},
    )


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        wanted = int(last)
        return (max(size - wanted, 0), size - 1) if wanted else (size, size)
    return int(first), min(int(last), size - 1) if last else size - 1
