"""
End the process within a coroutine that a recorded function returned.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Any

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


async def body() -> None:
    os._exit(7)


@recorder.workflow
def flow() -> Coroutine[Any, Any, None]:
    return body()


asyncio.run(flow())
