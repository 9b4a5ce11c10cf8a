"""
Record a run while some libraries can't be imported.

Usage: SPOOL_DIR LIBRARY….
"""

from __future__ import annotations

import sys

for library in sys.argv[2:]:
    sys.modules[library] = None  # type: ignore[assignment]  # an import of None fails

from flightlog import Recorder  # noqa: E402 - without the libraries

recorder = Recorder("w", spool_dir=sys.argv[1], url="http://127.0.0.1:9")
with recorder.execution() as execution, execution.node("n"):
    pass
print("recorded", recorder.status().lost)
recorder.close(0)
