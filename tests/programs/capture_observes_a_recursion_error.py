"""
Observe the nodes of a RecursionError; print whether there are many, and their last statuses.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import json
import sys

from flightlog.capture import Recorder

statuses: dict[int, str] = {}


def observe(message: bytes) -> None:
    for node in json.loads(message).get("nodeExecutions", ()):
        statuses[node["sequence"]] = node["status"]


watched = Recorder("o", url="http://127.0.0.1:9", spool_dir=sys.argv[1], observer=observe)


@watched.node
def endless() -> None:
    endless()


try:
    with watched.execution():
        endless()
except RecursionError:
    pass
with watched.execution():
    pass
watched.close()
print(len(statuses) > 100, set(statuses.values()))
