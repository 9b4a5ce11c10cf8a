"""
Check the types of an unpickled execution and an unpickled node.

Usage: FILE, which has the pickle of both.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from flightlog.capture import Execution, NodeRun

execution, node = pickle.loads(Path(sys.argv[1]).read_bytes())
assert isinstance(execution, Execution)
assert isinstance(node, NodeRun)
