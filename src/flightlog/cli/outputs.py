"""Open the output file of a command: a new file that appears whole, a pipe, or standard output."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from flightlog.errors import InvalidSettingError

_READER_WAIT_S: Final = 10.0
_LOOK_S: Final = 0.05


@contextmanager
def open_output(file: str, *, force: bool) -> Iterator[BinaryIO]:
    """
    Open an output file, which takes its name when the block ends without an error.

    Args:
        file: The file; `-` is standard output.
        force: Replace the file if it exists.

    Yields:
        The stream.

    Raises:
        InvalidSettingError: The file exists, or can't be written.
    """
    if file == "-":
        sys.stdout.flush()
        yield sys.stdout.buffer
        return
    from flightlog.store.sqlite.access import find_link_fault  # noqa: PLC0415 - a database

    # Write to the target of a symbolic link, so that the link stays.
    path = Path(os.path.realpath(file))
    if (fault := find_link_fault(Path(file))) is not None:
        raise InvalidSettingError("FILE", f"{fault}: {file}", hint="Name the file itself.")
    if not path.exists() and Path(file).exists():
        # /dev/stdout is a link to a pipe without a name, so keep the link's own path.
        path = Path(file)
    if path.exists() and not path.is_file():
        # Write into a pipe or a device, because only a regular file may be replaced.
        with _open_special(path, file) as out:
            yield out
        return
    if path.exists() and not force:
        raise InvalidSettingError(
            "FILE", f"names {file}, which is there already", hint="Add --force to replace it."
        )
    # Use a random name, because in a directory that all users can write to, another user could
    # place a link at a predictable name.
    part, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(part, "wb") as out:
            yield out
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _open_special(path: Path, file: str) -> Iterator[BinaryIO]:
    if path.is_dir():
        raise InvalidSettingError(
            "FILE", f"names {file}, which is a directory", hint="Name a file in it."
        )
    deadline = time.monotonic() + _READER_WAIT_S
    while True:
        try:
            # O_NONBLOCK, because opening a pipe without a reader would block for ever.
            descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                raise InvalidSettingError(
                    "FILE",
                    f"names {file}, which nothing reads",
                    hint="Start the program that reads the pipe first, or name a regular file.",
                ) from error
            time.sleep(_LOOK_S)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as out:
        yield out
