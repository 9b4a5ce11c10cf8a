"""
Fork within a node of another process's execution; print how many executions the child runs.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import os
import pickle
import sys

from flightlog.capture import Recorder, pickling

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
with recorder.execution() as execution:
    pickled = pickle.dumps(execution)
pickling._shared.clear()
remote = pickle.loads(pickled)
assert type(remote).__name__ == "RemoteExecution"
with remote.node("outer"):
    child = os.fork()
    if child == 0:
        with remote.node("inner"):
            assert list(remote.open_nodes.values())[-1].began_here
            assert len(remote.open_nodes) == 1
        print(len(recorder.context.pipeline.running), flush=True)
        recorder.close()
        os._exit(0)
    os.waitpid(child, 0)
recorder.close()
