"""
Standard input and output, reserved for the protocol, and the frames that they carry.

`flightlog.ipc.protocol` interprets the contents of frames.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from io import FileIO
from typing import Final

MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
"""The largest accepted message; a longer message is skipped and answered with an error."""

_READ_BYTES: Final = 64 * 1024
_MAX_LINE_BYTES: Final = 8 * 1024
_LENGTH: Final = re.compile(rb"content-length:[ \t]*(\d{1,19})[ \t]*\r?\n", re.IGNORECASE)
_TYPE: Final = re.compile(rb"content-type:[ -~]*\r?\n", re.IGNORECASE)
_LENGTH_INSIDE: Final = re.compile(rb"content-length:[ \t]*\d", re.IGNORECASE)
_BLANK: Final = (b"\r\n", b"\n")


def take_standard_streams() -> tuple[FileIO, FileIO]:
    """
    Reserve this process's standard input and output for the protocol.

    From now on every print, in Python, in C or in a child process, goes to standard error. Every
    read of standard input by other code finds the end of the input.

    Returns:
        The stream to read messages from, and the stream to write messages to.
    """
    sys.stdout.flush()
    reading, writing = FileIO(os.dup(0), "rb"), FileIO(os.dup(1), "wb")
    if sys.platform != "win32":
        # The parent process may have made the pipes non-blocking.
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
    Reads the bodies of frames, and finds the next frame after a damaged one.

    Args:
        source: The stream of bytes.
        on_damage: Called once for each damaged place, with the reason.
    """

    def __init__(self, source: FileIO, on_damage: Callable[[str], None]) -> None:
        self._source = source
        self._on_damage = on_damage
        self._buffer = bytearray()
        self._damaged = False

    def bodies(self) -> Iterator[bytes]:
        """
        Read the frames until the stream ends.

        Yields:
            The body of each frame; one space in place of a body that is too large. The last body
            is shorter than its header says if the stream ends within it.
        """
        while (size := self._read_size()) is not None:
            if body := self._read_body(size):
                yield body

    def _read_size(self) -> int | None:
        size = 0
        while line := self._read_line():
            length = _LENGTH.fullmatch(line)
            if length and int(length[1]) > 0:
                self._damaged = False
                size = size or int(length[1])
            elif line in _BLANK:
                if size:
                    return size
            elif not _TYPE.fullmatch(line):
                self._skip_damage(line)
        return None

    def _skip_damage(self, line: bytes) -> None:
        if not self._damaged:
            self._damaged = True
            self._on_damage(f"a frame begins with `Content-Length: N`, not {line[:40]!r}")
        # A body without a header has no line break at its end, so the next header may follow
        # directly.
        inside = list(_LENGTH_INSIDE.finditer(line))
        if inside and inside[-1].start() > 0:
            self._buffer[:0] = line[inside[-1].start() :]

    def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\n") + 1) == 0:
            if len(self._buffer) > _MAX_LINE_BYTES:
                return self._take(_MAX_LINE_BYTES)
            if not self._fill():
                return self._take(len(self._buffer))
        return self._take(end)

    def _read_body(self, size: int) -> bytes:
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
    Writes whole frames, from any thread; drops a frame that can't be written.

    Args:
        target: The stream for the frames.
        on_gone: Called when the stream has no reader any more.
    """

    def __init__(self, target: FileIO, on_gone: Callable[[], None]) -> None:
        self._target = target
        self._on_gone = on_gone
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """
        Write one frame.

        Args:
            data: The frame's header and body.
        """
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
