"""
Unpickle objects, and pickle them again.

Usage: FILE FILE, the pickle to read and the pickle to write.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

there, back = map(Path, sys.argv[1:])
back.write_bytes(pickle.dumps(pickle.loads(there.read_bytes())))
