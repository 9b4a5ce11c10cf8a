"""
Record nodes of another process's execution, and try to end what only its owner ends.

Usage: FILE NUMBER, where FILE has the pickle of a recorder, an execution and a node.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

recorder, execution, outer = pickle.loads(Path(sys.argv[1]).read_bytes())
number = int(sys.argv[2])
again = pickle.loads(pickle.dumps(execution))
assert again.id == execution.id
with execution:
    recorder.node("decorated")(lambda: None)()
    with outer:
        recorder.node("child")(lambda: None)()
    outer.output, outer.input = "not", "these"
    outer.fail("no")
    assert list(outer.stream([1])) == [1]
with again.node("by-hand", input=number) as node:
    node.output = number
execution.fail("no")
execution.end()
assert recorder.current is None
recorder.close(0)
