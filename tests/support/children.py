"""Scripts that record, run as processes of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

HEAD = """
import os, sys, threading
from flightlog.capture import Recorder
recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
"""


def run(place: Path, script: str, expected_code: int = 0) -> str:
    """Run a script with a recorder; returns what it printed."""
    child = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(script), str(place)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == expected_code, child.stderr
    assert "Traceback" not in child.stderr or expected_code
    return child.stdout
