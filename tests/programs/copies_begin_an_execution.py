"""
Begin an unpickled execution that had not begun.

Usage: FILE, which has the pickle.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from flightlog.capture import Execution

execution: Execution = pickle.loads(Path(sys.argv[1]).read_bytes())
with execution, execution.node("n"):
    pass
