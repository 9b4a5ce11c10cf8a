"""
Standard input and output, kept for the protocol alone, and frames read out of whatever comes.

What a frame holds is `flightlog.ipc.protocol`'s business.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable
from io import FileIO
from typing import Final

MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
"""The largest message that is read; a longer one is skipped and answered with an error."""

_READ_BYTES: Final = 64 * 1024
_MAX_LINE_BYTES: Final = 8 * 1024
_LENGTH: Final = re.compile(rb"content-length:[ \t]*(\d{1,19})[ \t]*\r?\n", re.IGNORECASE)
_TYPE: Final = re.compile(rb"content-type:[ -~]*\r?\n", re.IGNORECASE)
_LENGTH_INSIDE: Final = re.compile(rb"content-length:[ \t]*\d", re.IGNORECASE)
_BLANK: Final = (b"\r\n", b"\n")


def take_standard_streams() -> tuple[FileIO, FileIO]:
    """
    Keep this process's standard input and output for the protocol alone.

    From now on whatever prints, in Python, in C or in a child process, writes to standard error,
    and whatever reads standard input finds it empty.

    Returns:
        The stream to read messages from, and the one to write them to.
    """
    sys.stdout.flush()
    reading, writing = FileIO(os.dup(0), "rb"), FileIO(os.dup(1), "wb")
    if sys.platform != "win32":
        # Whoever made the pipes may have used them without blocking.
        os.set_blocking(reading.fileno(), True)
        os.set_blocking(writing.fileno(), True)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:
        os.dup2(nothing, 1)
    os.close(nothing)
    return reading, writing


class FrameReader:
    """
    Gives pygls's loop header lines and bodies, and finds the next frame after a damaged one.

    Args:
        source: Where the bytes come from.
        on_damage: Told once of each damaged place, with the reason.
    """

    def __init__(self, source: FileIO, on_damage: Callable[[str], None]) -> None:
        self._source = source
        self._on_damage = on_damage
        self._buffer = bytearray()
        self._damaged = False

    def readline(self) -> bytes:
        """The next line of a frame's head, in the form that pygls knows; empty at the end."""
        while line := self._line():
            length = _LENGTH.fullmatch(line)
            if length and int(length[1]) > 0:
                self._damaged = False
                return b"Content-Length: %d\r\n" % int(length[1])
            if line in _BLANK:
                return b"\r\n"
            if not _TYPE.fullmatch(line):
                self._skip_damage(line)
        return b""

    def _skip_damage(self, line: bytes) -> None:
        if not self._damaged:
            self._damaged = True
            self._on_damage(f"a frame begins with `Content-Length: N`, not {line[:40]!r}")
        # A body without a head has no line break at its end: the next head may follow right there.
        inside = list(_LENGTH_INSIDE.finditer(line))
        if inside and inside[-1].start() > 0:
            self._buffer[:0] = line[inside[-1].start() :]

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n") + 1) == 0:
            if len(self._buffer) > _MAX_LINE_BYTES:
                return self._take(_MAX_LINE_BYTES)
            if not self._fill():
                return self._take(len(self._buffer))
        return self._take(end)

    def read(self, size: int) -> bytes:
        """A body of so many bytes; shorter at the end, and one blank for what is too large."""
        if size > MAX_MESSAGE_BYTES:
            self._skip(size)
            return b" "
        while len(self._buffer) < size and self._fill():
            pass
        return self._take(size)

    def _skip(self, size: int) -> None:
        while size > 0 and (self._buffer or self._fill()):
            size -= len(self._take(size))

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> bool:
        try:
            data = self._source.read(_READ_BYTES)
        except OSError:
            return False
        self._buffer += data or b""
        return bool(data)


class FrameWriter:
    """
    Writes whole frames, from any thread; what can't be written is dropped, since nobody is there.

    Args:
        target: Where the bytes go.
        on_gone: Told when nobody reads them any more.
    """

    def __init__(self, target: FileIO, on_gone: Callable[[], None]) -> None:
        self._target = target
        self._on_gone = on_gone
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """Write one frame."""
        rest = memoryview(data)
        with self._lock:
            try:
                while rest:
                    rest = rest[self._target.write(rest) :]
            except (OSError, ValueError):
                self._on_gone()

    def close(self) -> None:
        """Close the stream; a second call does nothing."""
        self._target.close()
