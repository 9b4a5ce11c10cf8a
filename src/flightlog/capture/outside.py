"""
Finds where a node was called from that belongs to no execution.

Such a call is a run of its own. A workflow that spreads its work over threads seldom intends that,
so the run's trigger records the place of the call, and `flightlog doctor` counts these places.
"""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType
from typing import Final

from flightlog.capture.exceptions import is_ours

DIRECT: Final = "direct"
"""The trigger's type of a run that is one node called outside of any execution."""

_MAX_FRAMES: Final = 64
_LIBRARY: Final = os.path.dirname(threading.__file__)  # noqa: PTH120 - frames write paths like this
_MACHINERY: Final = tuple(
    f"{_LIBRARY}{os.sep}{name}"
    for name in (
        "threading.py",
        f"concurrent{os.sep}",
        f"asyncio{os.sep}",
        f"multiprocessing{os.sep}",
        "functools.py",
        "contextlib.py",
    )
)


def describe_caller() -> dict[str, str]:
    """
    Describe the nearest calling code, skipping Flightlog and the code that runs tasks and threads.

    Returns:
        `calledFrom`, e.g. `/srv/shop.py:12 in main`, and `thread`, the thread's name. Where a
        thread or an event loop called the node itself, `calledFrom` names the code in the thread or
        event loop.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way, and documented
    nearest: FrameType | None = None
    for _ in range(_MAX_FRAMES):
        if frame is None:
            break
        filename = frame.f_code.co_filename
        if not is_ours(filename):
            nearest = nearest or frame
            if not filename.startswith(_MACHINERY):
                nearest = frame
                break
        frame = frame.f_back
    thread = threading.current_thread().name
    return (
        {"thread": thread} if nearest is None else {"calledFrom": _place(nearest), "thread": thread}
    )


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
