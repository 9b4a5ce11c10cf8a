"""
Child processes that work for this one: how they start, and the frames that both sides exchange.

A frame is a length (8 bytes, big-endian) and so many bytes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
from typing import BinaryIO, Final

LENGTH: Final = struct.Struct(">Q")
"""The length before a frame."""
_NICENESS: Final = 5
_LARGEST_READ_BYTES: Final = 1024 * 1024


class ChildProcess:
    """
    A module of this package that runs in a process of its own.

    Args:
        module: The module's full name.
    """

    def __init__(self, module: str) -> None:
        # Without the working directory on the path, so that no file of it is run.
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and our own module
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # Without this type, the streams' types depend on Popen's arguments.
        self.input: BinaryIO = self._process.stdin  # type: ignore[assignment]
        """Takes frames for the child."""
        self.output: BinaryIO = self._process.stdout  # type: ignore[assignment]
        """Gives the frames of the child."""

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def kill(self) -> None:
        """End the process at once; from any thread."""
        self._process.kill()

    def wait(self) -> None:
        """Wait for the end of a killed process, so that no zombie remains."""
        for stream in (self.input, self.output):
            # Closing flushes what the process has not read.
            with contextlib.suppress(OSError):
                stream.close()
        self._process.wait()


def become_child(*, gives_way: bool) -> None:
    """
    Leave Ctrl-C to the process that started this one.

    Args:
        gives_way: Whether other processes come first.
    """
    # Ctrl-C in a terminal reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if gives_way and hasattr(os, "nice"):
        os.nice(_NICENESS)


def read_frame(stream: BinaryIO) -> bytearray:
    """
    Read a frame.

    Args:
        stream: The other side's frames.

    Returns:
        The frame's content.

    Raises:
        EOFError: The stream ended.
    """
    size = LENGTH.unpack(_read(stream, LENGTH.size))[0]
    return _read(stream, size)


def write_frame(stream: BinaryIO, *parts: bytes | bytearray) -> None:
    """
    Write a frame.

    Args:
        stream: The frames for the other side.
        parts: The frame's content, in parts.

    Raises:
        OSError: The other side is gone.
    """
    stream.write(LENGTH.pack(sum(map(len, parts))))
    stream.writelines(parts)
    stream.flush()


def _read(stream: BinaryIO, size: int) -> bytearray:
    content = bytearray(size)
    view, place = memoryview(content), 0
    while place < size:
        part = stream.read(min(size - place, _LARGEST_READ_BYTES))
        if not part:
            raise EOFError
        view[place : place + len(part)] = part
        place += len(part)
    return content
