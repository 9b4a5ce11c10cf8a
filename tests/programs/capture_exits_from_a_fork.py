"""
Leave an execution, a node and a stream of the parent by `sys.exit` in a forked child.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


@recorder.node
def rows() -> Iterator[int]:
    yield 1
    yield 2


with recorder.execution() as execution, execution.node("outer"):
    stream = rows()
    next(stream)
    child = os.fork()
    if child == 0:
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert list(stream) == [2]
