"""Programs run as another user, for files that belong to somebody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

NOBODY: Final = 65534


@contextmanager
def public_directory() -> Iterator[Path]:
    """A directory that every user can enter; pytest's own are for their owner alone."""
    directory = Path(tempfile.mkdtemp(prefix="flightlog-test-"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run_as_nobody(*arguments: object, home: Path) -> subprocess.CompletedProcess[str]:
    """
    Run the program as the user nobody; needs root, as CI has it.

    Args:
        arguments: The command line.
        home: Where it may write; given to nobody here.
    """
    return subprocess.run(
        [*nobody_command(home), "-m", "flightlog.cli", *map(str, arguments)],
        env=nobody_environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def nobody_command(home: Path) -> list[str]:
    """The beginning of a command that runs Python as nobody, who may write nothing but a home."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("running as another user needs root, and setpriv")
    home.mkdir(exist_ok=True)
    os.chown(home, NOBODY, NOBODY)
    # The interpreter may be in a directory of root. Reading is all that this permits.
    caps = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [setpriv, *ids, *caps, sys.executable]


def nobody_environment(home: Path) -> dict[str, str]:
    """The environment of such a program."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_DATA_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "FLIGHTLOG_SPOOL_DIR": str(home / "spool"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "200",
    }
