"""
Replace `threading.Thread` by a subclass, as gevent does, and carry the scope into a thread.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys
import threading
from typing import Any


class Thread(threading.Thread):
    pass


threading.Thread = Thread  # type: ignore[misc]  # as gevent does

import flightlog.capture  # noqa: E402 - after the replacement

recorder = flightlog.capture.Recorder(
    "w", url="http://127.0.0.1:9", spool_dir=sys.argv[1], threads="all"
)
found: list[Any] = []
with recorder.execution() as execution:
    thread = threading.Thread(target=lambda: found.append(recorder.current))
    thread.start()
    thread.join()
assert found == [execution]
assert recorder.status().swallowed == 0
