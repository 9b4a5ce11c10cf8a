"""Answer requests for a part of some content (RFC 9110): one range of bytes, or the whole."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from litestar import Response

from flightlog.receiver.problems import RANGE_NOT_SATISFIABLE, describe_failure, make_problem_answer

_ONE_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def answer_part(
    content: bytes, version: str, media_type: str, part: str | None, unchanged: str | None
) -> Response[Any]:
    """
    Answer with the range of bytes that a request asks for.

    Args:
        content: The whole content.
        version: Text that changes whenever the content changes.
        media_type: The content's media type.
        part: The request's `Range`; several ranges, or an invalid range, get the whole content.
        unchanged: The request's `If-Range`.

    Returns:
        The answer: 200 with the whole content, 206 with the range, or 416 if the content ends
        before the range.
    """
    size = len(content)
    etag = f'"{hashlib.sha256(version.encode()).hexdigest()[:32]}"'
    headers = {"etag": etag, "accept-ranges": "bytes"}
    chosen = None if part is None else _ONE_RANGE.fullmatch(part.strip())
    if chosen is None or chosen[0] == "bytes=-" or unchanged not in {None, etag}:
        return Response(content, media_type=media_type, headers=headers)
    first, last = _limit_range(chosen[1], chosen[2], size)
    if not first <= last < size:
        failed = describe_failure("GET", "/api/executions/")
        problem = make_problem_answer(RANGE_NOT_SATISFIABLE, failed=failed)
        headers = {name.decode(): value.decode() for name, value in problem.headers}
        return Response(
            problem.body,
            status_code=problem.status,
            media_type=headers.pop("content-type"),
            headers={**headers, "content-range": f"bytes */{size}"},
        )
    return Response(
        content[first : last + 1],
        status_code=206,
        media_type=media_type,
        headers={**headers, "content-range": f"bytes {first}-{last}/{size}"},
    )


def _limit_range(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        wanted = int(last)
        return (max(size - wanted, 0), size - 1) if wanted else (size, size)
    return int(first), min(int(last), size - 1) if last else size - 1
