"""Programs on a real terminal of a certain size."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Final, Self

_TIMEOUT_S: Final = 60.0
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")


class Terminal:
    """
    A program on a terminal of its own; use it as a context manager.

    Args:
        command: The program and its arguments.
        environment: The program's environment.
        columns: The terminal's width.
        rows: The terminal's height.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        own = {name: value for name, value in environment.items() if name != "COLUMNS"}
        self.process = subprocess.Popen(
            command,
            env=own | {"TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._seen = b""

    @property
    def text(self) -> str:
        """Everything that the program has written, without colours."""
        return _ESCAPES.sub("", self._seen.decode("utf-8", "replace"))

    @property
    def coloured(self) -> str:
        """Everything that the program has written."""
        return self._seen.decode("utf-8", "replace")

    def type(self, keys: str) -> None:
        """Write what a person types."""
        os.write(self._ours, keys.encode())

    def read_until(self, pattern: str) -> re.Match[str]:
        """Read until the text matches; fail at the program's end or after a minute."""
        deadline = time.monotonic() + _TIMEOUT_S
        while not (found := re.search(pattern, self.text, re.MULTILINE)):
            assert time.monotonic() < deadline, self.text
            assert self._read(deadline), self.text
        return found

    def end(self) -> int:
        """Read to the program's end, and return its exit code."""
        deadline = time.monotonic() + _TIMEOUT_S
        while self._read(deadline):
            assert time.monotonic() < deadline, self.text
        return self.process.wait(_TIMEOUT_S)

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        try:
            part = os.read(self._ours, 65_536) if ready else b""
        except OSError:
            # Linux raises EIO once the program has closed the terminal.
            return False
        self._seen += part
        return bool(part)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)
