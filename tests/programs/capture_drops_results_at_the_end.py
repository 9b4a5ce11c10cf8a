"""
End the program with a coroutine and an iterator that nobody has used.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Iterator
from typing import Any

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


async def body() -> None:
    pass


@recorder.node
def fetch() -> Coroutine[Any, Any, None]:
    return body()


@recorder.node
def rows() -> Iterator[str]:
    return map(str, [1])


kept = [fetch(), rows()]
