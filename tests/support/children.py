"""Scripts that record in child processes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

HEAD = """
import os, sys, threading
from flightlog.capture import Recorder
recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
"""


def run(place: Path, script: str, expected_code: int = 0, *, measured: bool = True) -> str:
    """
    Run a script with a recorder, and return its output.

    Args:
        place: The spool directory.
        script: The script, which uses `recorder`.
        expected_code: The expected exit code.
        measured: Whether coverage is measured, which takes locks within Flightlog's code.

    Returns:
        The text on the standard output.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if measured or not name.startswith("COVERAGE")
    }
    child = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(script), str(place)],
        capture_output=True,
        env=environment,
        text=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == expected_code, child.stderr
    assert "Traceback" not in child.stderr or expected_code
    return child.stdout
