"""Reads a request as the start of a run, records the request, and refuses an invalid request."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl

from fastapi import Request

from flightlog.errors import FlightlogError, TriggerRefusedError
from flightlog.runtime.inputs import InputOptions, make_input
from flightlog.runtime.runner import Start
from flightlog.runtime.schemas import check_schema
from flightlog.runtime.secrets import Secrets
from flightlog.runtime.triggers import HttpEndpoint, Trigger, WebhookReceiver

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
SIGNATURE_HEADERS: Final = (
    "x-hub-signature-256",
    "x-signature-256",
    "x-webhook-signature",
    "x-signature",
)
"""Headers that may contain a webhook's signature, hexadecimal, with or without `sha256=`."""


async def read_request(
    request: Request, trigger: Trigger, declared: InputOptions, secrets: Secrets
) -> Start:
    """
    Read a request.

    Args:
        request: The request; a request with wrong credentials is refused before its body is read.
        trigger: The workflow's trigger.
        declared: The workflow's inputs.
        secrets: The workflow's secrets.

    Returns:
        The start of the run. A refused request gives a start with the refusal, because refusals are
        recorded too.
    """
    data: dict[str, Any] = {
        "method": request.method,
        "path": request.url.path,
        "query": _read_members(request.query_params.multi_items()),
        "headers": _read_members(_read_headers(request)),
    }
    if request.path_params:
        data["params"] = dict(request.path_params)
    refusal: FlightlogError | None = None
    try:
        if isinstance(trigger, HttpEndpoint) and trigger.authentication is not None:
            # The first of several headers with the same name counts, as in `request.headers`.
            headers = dict(reversed(_read_headers(request)))
            _authenticate(trigger.authentication, headers, secrets)
        await _read(request, trigger, data, secrets)
        _validate(trigger, data)
    except FlightlogError as error:
        refusal = error
    return Start(
        type=trigger.type,
        data=data,
        input=None if refusal else make_input(data, declared),
        refusal=refusal,
    )


def _read_headers(request: Request) -> list[tuple[str, str]]:
    # Clients send UTF-8 today. Read as Latin-1, a secret would be recorded in other letters, and
    # redaction would miss it.
    return [(name.decode("latin-1"), _decode_header(value)) for name, value in request.headers.raw]


def _decode_header(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _read_members(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name not in members:
            members[name] = value
        elif isinstance(members[name], list):
            members[name].append(value)
        else:
            members[name] = [members[name], value]
    return members


async def _read(request: Request, trigger: Trigger, data: dict[str, Any], secrets: Secrets) -> None:
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BODY_BYTES:
            raise TriggerRefusedError(
                413, f"The body is larger than {MAX_BODY_BYTES:,} bytes.", hint="Send less."
            )
    body = bytes(raw)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    failure: ValueError | RecursionError | None = None
    if body:
        try:
            data["body"] = _read_body_value(body, kind)
        except (ValueError, RecursionError) as error:
            failure = error
            data["body"] = body.decode("utf-8", "replace")
    if isinstance(trigger, WebhookReceiver) and trigger.secret is not None:
        _check_signature(body, request.headers, secrets.value(trigger.secret))
    if failure is not None:
        raise TriggerRefusedError(
            400, f"The body is no {_read_media_kind(kind)}: {failure}.", hint="Send JSON."
        ) from failure


def _read_body_value(body: bytes, kind: str) -> Any:
    # curl labels JSON as a form by default. In a real form, braces would be escaped.
    if kind == "application/x-www-form-urlencoded" and not body.lstrip().startswith((b"{", b"[")):
        return _read_members(parse_qsl(body.decode("utf-8"), keep_blank_values=True))
    if kind.startswith("text/") and "json" not in kind:
        return body.decode("utf-8")
    return json.loads(body, parse_constant=_refuse_constant)


def _read_media_kind(kind: str) -> str:
    return "UTF-8 text" if kind.startswith("text/") else "JSON"


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no value of JSON")


def _check_signature(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    given = next((headers[name] for name in SIGNATURE_HEADERS if name in headers), None)
    if given is None:
        raise TriggerRefusedError(
            401, "The request is not signed.", hint=f"Send {SIGNATURE_HEADERS[0]}: sha256=…"
        )
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not _same(given.lower().removeprefix("sha256=").strip(), expected):
        raise TriggerRefusedError(
            401,
            "The request's signature is not right.",
            hint="Sign the body as it is sent, with the workflow's secret, by HMAC-SHA256.",
        )


def _authenticate(wanted: Mapping[str, Any], headers: Mapping[str, str], secrets: Secrets) -> None:
    secret = secrets.value(wanted["secret"])
    kind = wanted["type"]
    if kind == "apiKey":
        given = headers.get(str(wanted.get("header") or "X-API-Key").lower(), "")
    else:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        given = given.strip() if scheme.lower() == kind else ""
        if kind == "basic":
            given = _read_basic(given)
    if not _same(given, secret):
        raise TriggerRefusedError(
            401, f"The request has no valid {kind} authentication.", hint="Send the right key."
        )


def _read_basic(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _validate(trigger: Trigger, data: Mapping[str, Any]) -> None:
    validation = getattr(trigger, "validation", None) or {}
    for part, schema in validation.items():
        empty: Any = None if part == "body" else {}
        check_schema(data.get(part, empty), schema, part)
