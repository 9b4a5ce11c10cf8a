"""The httpRequest node."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import httpx

from flightlog.errors import CallFailedError, TimeLimitError
from flightlog.runtime.node import Node

__all__ = ["http_request"]

DEFAULT_TIMEOUT_MS: Final = 30_000
_FIRST_ERROR: Final = 400
_SHOWN: Final = 500


async def http_request(
    node: Node,
    *,
    url: Any,
    method: Any = "GET",
    headers: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    timeout_ms: Any = None,
) -> dict[str, Any]:
    """
    Send an HTTP request; each argument may contain expressions.

    Args:
        node: The node.
        url: The URL.
        method: GET, POST, …
        headers: Headers by name.
        query: Members of the URL's query.
        body: Text is sent unchanged; any other value is sent as JSON.
        timeout_ms: The limit for connecting and for each part of the answer, milliseconds.

    Returns:
        `{"status": …, "headers": …, "body": …}`; the body is the value of JSON, or else text.

    Raises:
        CallFailedError: The answer's status is 400 or more, or there is no answer.
        TimeLimitError: The request exceeded its limit.
        InvalidExpressionError: An expression can't be evaluated.
    """
    config = node.given(
        method=method, url=url, headers=headers, query=query, body=body, timeout_ms=timeout_ms
    )
    limit_ms = float(config.get("timeout_ms", DEFAULT_TIMEOUT_MS))
    sent = str(config["method"]).upper()
    target = str(config["url"])
    content = config.get("body")
    try:
        async with httpx.AsyncClient(
            timeout=limit_ms / 1_000, follow_redirects=True, verify=_certificates()
        ) as client:
            answer = await client.request(
                sent,
                target,
                headers={name: str(value) for name, value in config.get("headers", {}).items()},
                params=config.get("query"),
                content=content if isinstance(content, (str, bytes)) else None,
                json=None if isinstance(content, (str, bytes)) else content,
            )
    except httpx.TimeoutException as error:
        raise TimeLimitError(f"{sent} {_write_place(target)}", limit_ms) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CallFailedError(
            f"{sent} {_write_place(target)} failed: {error or type(error).__name__}.",
            hint="Look whether the server runs, and at the URL.",
            status=None,
            body=None,
        ) from error
    output = {
        "status": answer.status_code,
        "headers": dict(answer.headers),
        "body": _read_body(answer),
    }
    if answer.status_code >= _FIRST_ERROR:
        # The server's error answer belongs to the record.
        node.partial(output)
        raise CallFailedError(
            f"{sent} {_write_place(target)} answered {_name_status(answer.status_code)}: "
            f"{answer.text[:_SHOWN]}",
            hint="The body of the answer says why.",
            status=answer.status_code,
            body=output["body"],
        )
    return output


@functools.cache
def _certificates() -> ssl.SSLContext:
    # Loading the root certificates takes longer than a request, so do it only once.
    return httpx.create_ssl_context()


def _read_body(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    if "json" in answer.headers.get("content-type", ""):
        try:
            return answer.json()
        except ValueError:
            return answer.text
    return answer.text


def _write_place(url: str) -> str:
    # Leave out the query, because it may contain personal data or secrets.
    return url.partition("?")[0]


def _name_status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
