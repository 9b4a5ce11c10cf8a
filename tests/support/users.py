"""Runs programs as another user, for tests of files with another owner."""

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
    """
    Make a directory that every user can enter, because only the owner can enter pytest's own.

    Yields:
        The directory.
    """
    directory = Path(tempfile.mkdtemp(prefix="flightlog-test-"))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run_as_nobody(*arguments: object, home: Path) -> subprocess.CompletedProcess[str]:
    """
    Run the program as the user nobody, which needs root, as CI has.

    Args:
        arguments: The command line.
        home: The only writable directory, whose owner becomes nobody.

    Returns:
        The ended process, with its output as text.
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
    """
    Make the start of a command that runs Python as nobody, with write access to `home` alone.

    Args:
        home: The only writable directory, whose owner becomes nobody.

    Returns:
        The first arguments of the command.
    """
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("running as another user needs root, and setpriv")
    home.mkdir(exist_ok=True)
    os.chown(home, NOBODY, NOBODY)
    # The capability permits only reading, and is necessary if the interpreter is in root's
    # directory.
    caps = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [setpriv, *ids, *caps, sys.executable]


def nobody_environment(home: Path) -> dict[str, str]:
    """
    Make the environment of a program that runs as nobody.

    Args:
        home: The user's home and temporary directory.

    Returns:
        The variables with their values.
    """
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
