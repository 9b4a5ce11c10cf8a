"""Answering with a part of some content, as RFC 9110 has it: one range of bytes, or the whole."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from litestar import Response

from flightlog.receiver.problems import RANGE_NOT_SATISFIABLE, failure_text, problem_answer

_ONE_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def answer_part(
    content: bytes, version: str, media_type: str, part: str | None, unchanged: str | None
) -> Response[Any]:
    """
    Answer with what a `Range` asks for.

    Args:
        content: All of it.
        version: Another one whenever the content is.
        media_type: What it is.
        part: The request's `Range`; several ranges, and what is none, get the whole.
        unchanged: The request's `If-Range`.
    """
    size = len(content)
    etag = f'"{hashlib.sha256(version.encode()).hexdigest()[:32]}"'
    headers = {"etag": etag, "accept-ranges": "bytes"}
    chosen = None if part is None else _ONE_RANGE.fullmatch(part.strip())
    if chosen is None or chosen[0] == "bytes=-" or unchanged not in {None, etag}:
        return Response(content, media_type=media_type, headers=headers)
    first, last = _bounds(chosen[1], chosen[2], size)
    if not first <= last < size:
        failed = failure_text("GET", "/api/executions/")
        problem = problem_answer(RANGE_NOT_SATISFIABLE, failed=failed)
        told = {name.decode(): value.decode() for name, value in problem.headers}
        return Response(
            problem.body,
            status_code=problem.status,
            media_type=told.pop("content-type"),
            headers={**told, "content-range": f"bytes */{size}"},
        )
    return Response(
        content[first : last + 1],
        status_code=206,
        media_type=media_type,
        headers={**headers, "content-range": f"bytes {first}-{last}/{size}"},
    )


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        wanted = int(last)
        return (max(size - wanted, 0), size - 1) if wanted else (size, size)
    return int(first), min(int(last), size - 1) if last else size - 1
