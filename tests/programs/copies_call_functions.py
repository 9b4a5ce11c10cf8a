"""
Call functions that were pickled by value.

Usage: FILE, which has the pickle of three functions.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from pathlib import Path

flow, later, part = pickle.loads(Path(sys.argv[1]).read_bytes())
assert -flow(1) == asyncio.run(later(1)) == part() == 11
