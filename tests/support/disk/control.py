"""Compiles the preloaded library, and chooses the system call that it strikes."""

from __future__ import annotations

import mmap
import os
import shlex
import struct
import subprocess
import sys
import sysconfig
from enum import IntEnum
from pathlib import Path
from typing import Final

_SOURCE: Final = Path(__file__).with_name("faulty_disk.c")
_FORM: Final = struct.Struct("=6q")
_ARMED, _FIRST_RESULT = 0, 4


class Fault(IntEnum):
    """The fault of the chosen system call."""

    NONE = 0
    KILL = 1
    NO_SPACE = 2
    IO_ERROR = 3
    SHORT_WRITE = 4
    SYNC_ERROR = 5


class Control:
    """
    The memory that a test shares with the processes of a faulty disk.

    Args:
        path: The file of the memory; created if missing.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_FORM.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _FORM.size)

    def choose(self, fault: Fault, first: int, times: int = 1) -> None:
        """
        Choose the system calls that fail from the next `arm` on.

        Args:
            fault: The fault.
            first: The number of the first call, counted from 1; 0 for none.
            times: How many calls in a row fail.
        """
        _FORM.pack_into(self._memory, 0, 0, fault, first, times, 0, 0)

    def arm(self) -> None:
        """Begin to count calls."""
        struct.pack_into("=q", self._memory, 0, 1)

    def disarm(self) -> None:
        """Stop counting calls; no call fails any more."""
        struct.pack_into("=q", self._memory, 0, 0)

    @property
    def count(self) -> int:
        """The number of calls that were counted."""
        return int(_FORM.unpack_from(self._memory)[_FIRST_RESULT])

    @property
    def struck(self) -> int:
        """The number of calls that were struck."""
        return int(_FORM.unpack_from(self._memory)[_FIRST_RESULT + 1])

    def close(self) -> None:
        """Release the memory."""
        self._memory.close()


def compile_library(place: Path) -> Path | None:
    """
    Compile the library.

    Args:
        place: The directory for the library.

    Returns:
        The library; None without a C compiler, or elsewhere than on Linux.
    """
    if sys.platform != "linux":
        return None
    library = place / "faulty_disk.so"
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    options = ["-shared", "-fPIC", "-O1", str(_SOURCE), "-o", str(library), "-lpthread", "-ldl"]
    try:
        built = subprocess.run([*compiler, *options], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return library if built.returncode == 0 else None


def make_environment(
    library: Path, place: Path, control: Path, journal: Path | None = None
) -> dict[str, str]:
    """
    Build the environment of a process on a faulty disk.

    Args:
        library: The compiled library.
        place: The directory whose files are on the faulty disk.
        control: The file of `Control`.
        journal: The file for the journal of all changes; None for no journal.

    Returns:
        The variables.
    """
    kept = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    own = {
        "LD_PRELOAD": str(library),
        "FAULTY_DISK_PLACE": str(place),
        "FAULTY_DISK_CONTROL": str(control),
    }
    return kept | own | ({} if journal is None else {"FAULTY_DISK_JOURNAL": str(journal)})
