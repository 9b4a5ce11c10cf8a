"""
Record with an unpickled recorder.

Usage: FILE, which has the pickle.
"""

from __future__ import annotations

import copy
import pickle
import sys
from pathlib import Path

from flightlog.capture import Recorder

recorder: Recorder = pickle.loads(Path(sys.argv[1]).read_bytes())
assert pickle.loads(pickle.dumps(recorder)) is recorder
assert copy.deepcopy(recorder) is recorder
with recorder.execution(trigger={"type": "far", "data": {"internal_ref": "X1"}}) as execution:
    with execution.node("n") as node:
        node.output = "x" * 10_000
recorder.close(0)
