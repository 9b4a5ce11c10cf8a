"""
Print the address to which an unpickled recorder delivers.

Usage: FILE, which has the pickle.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from flightlog.capture import Recorder

recorder: Recorder = pickle.loads(Path(sys.argv[1]).read_bytes())
print(recorder.context.pipeline._settings.url)
