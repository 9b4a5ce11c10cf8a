"""
Serve the built viewer: its assets, and its page at `/` and at every address of the viewer.

The build puts the viewer into the package (`flightlog/viewer`). In a checkout without a build, the
receiver serves only the API, and explains at `/` how to build the viewer. This module never reads
files outside the viewer's directory.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Final

from flightlog.receiver.asgi import Receive, Scope, Send, send_answer
from flightlog.receiver.problems import (
    NO_SUCH_ROUTE,
    Answer,
    Headers,
    describe_failure,
    make_problem_answer,
)

VIEWER_DIRECTORY: Final = Path(__file__).parents[1] / "viewer"
"""The directory into which the build puts the viewer."""
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; "
    # No text becomes markup or code, and no script can make a policy that allows it.
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

_PAGE: Final = "index.html"
_ASSETS: Final = "assets/"
_STEP: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_API: Final = re.compile(r"/(?:api(?:/|$)|health$|openapi\.json$)")
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
_PROTECTED: Final[Headers] = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_ASK_AGAIN: Final = b"no-cache"
_NOT_BUILT: Final = b"""Flightlog receives and serves executions here; its viewer isn't built.

Build it with `make viewer` in a checkout (Node.js 20 or newer), or install a released wheel, which
has it. The API is there without it: GET /openapi.json describes it, `flightlog list` uses it.
"""


class ViewerApplication:
    """
    The ASGI application that serves the viewer.

    Args:
        directory: The directory of the built viewer.
    """

    def __init__(self, directory: Path = VIEWER_DIRECTORY) -> None:
        self._directory = directory

    @staticmethod
    def serves(scope: Scope) -> bool:
        """
        Check whether a request is for the viewer, not for the API.

        Args:
            scope: The request's ASGI scope.

        Returns:
            True for a GET or HEAD request outside the API's paths.
        """
        return scope["method"] in {"GET", "HEAD"} and not _API.match(scope["path"])

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """
        Serve one file.

        Args:
            scope: The request's ASGI scope.
            send: Sends the answer.
        """
        headers = dict(scope["headers"])
        answer = await asyncio.to_thread(
            self._answer,
            scope["path"].lstrip("/"),
            wants_page=b"text/html" in headers.get(b"accept", b""),
            known=headers.get(b"if-none-match"),
        )
        if answer is None:
            failed = describe_failure(scope["method"], scope["path"])
            answer = make_problem_answer(NO_SUCH_ROUTE, failed=failed)
        if scope["method"] == "HEAD":
            answer = Answer(answer.status, answer.headers, b"")
        await send_answer(send, answer)

    def _answer(self, path: str, *, wants_page: bool, known: bytes | None) -> Answer | None:
        if path and all(_STEP.fullmatch(step) for step in path.split("/")):
            found = self._read(path, known)
            if found is not None:
                return found
        # Only the viewer knows its own addresses, so serve the page for any address that a browser
        # opens, or the text that says how to build the page. Answer programs with a problem.
        if path and not (wants_page and not path.startswith(_ASSETS)):
            return None
        return self._read(_PAGE, known) or _make_not_built_answer()

    def _read(self, path: str, known: bytes | None) -> Answer | None:
        file = self._directory.joinpath(path)
        kind = _TYPES.get(file.suffix)
        if kind is None:
            return None
        try:
            content = file.read_bytes()
        except OSError:
            return None
        # An asset's name changes with its content, so browsers may cache the asset forever.
        caching = _FOR_EVER if path.startswith(_ASSETS) else _ASK_AGAIN
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'.encode()
        headers = [*_PROTECTED, (b"cache-control", caching), (b"etag", etag)]
        if known == etag:
            return Answer(304, headers, b"")
        headers += [
            (b"content-type", kind.encode()),
            (b"content-length", b"%d" % len(content)),
        ]
        return Answer(200, headers, content)


def _make_not_built_answer() -> Answer:
    headers = [
        *_PROTECTED,
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(_NOT_BUILT)),
    ]
    return Answer(200, headers, _NOT_BUILT)
