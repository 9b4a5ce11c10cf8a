"""
Writes generated files to disk, and marks them.

The second line of a file contains the digest of all lines below. A correct digest proves that
Flightlog made the file and that the file is unchanged, so Flightlog may replace the file. If any
existing target lacks a correct digest, Flightlog writes no file at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Mapping
from os import PathLike
from pathlib import Path
from typing import Final

from msgspec import Struct

from flightlog.codegen.literals import Code
from flightlog.errors import FileNotOursError, GenerationFailedError

_MARK: Final = "# flightlog-generated: "
_MARKED: Final = re.compile(rf"\A#[^\n]*\n{_MARK}([0-9a-f]{{64}})\n(.*)\Z", re.DOTALL)
_FIRST: Final = "# Made by Flightlog from "


class Written(Struct, frozen=True, kw_only=True):
    """The result of writing files."""

    written: tuple[Path, ...]
    """The files that are new or have new content."""
    unchanged: tuple[Path, ...]
    """The files whose content was already correct."""
    stale: tuple[Path, ...]
    """Existing files of workflows that the manifest no longer has; Flightlog made them earlier."""


def mark_generated(origin: Code, body: str) -> str:
    """
    Put the two marking lines before a file's text.

    Args:
        origin: The file's source, for people.
        body: The file's text.

    Returns:
        The whole text.
    """
    first = f"{_FIRST}{origin}; change the manifest and generate again."
    return f"{first}\n{_MARK}{_digest(body)}\n{body}"


def is_ours(text: str) -> bool:
    """
    Check whether Flightlog made a file that is unchanged since then.

    Args:
        text: The file's text.

    Returns:
        Whether the digest in the second line is correct.
    """
    found = _MARKED.match(text.replace("\r\n", "\n"))
    return found is not None and found[1] == _digest(found[2])


def write_files(
    files: Mapping[str, str], directory: str | PathLike[str], *, known: Collection[str] = ()
) -> Written:
    """
    Write all generated files, or none.

    Args:
        files: The texts by file name.
        directory: The target directory; created if it doesn't exist.
        known: Names of other files that the manifest would make, and which aren't stale.

    Returns:
        The written, unchanged and stale files.

    Raises:
        FileNotOursError: A target exists that Flightlog didn't make, or that was changed; nothing
            was written.
        GenerationFailedError: The directory can't be written.
    """
    directory = Path(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _refuse_others(files, directory)
        unchanged = {name for name, text in files.items() if _read_text(directory / name) == text}
        _replace({name: text for name, text in files.items() if name not in unchanged}, directory)
        return Written(
            written=tuple(directory / name for name in files if name not in unchanged),
            unchanged=tuple(directory / name for name in files if name in unchanged),
            stale=tuple(
                path
                for path in sorted(directory.glob("*.py"))
                if path.name not in {*files, *known}
                and (text := _read_text(path)) is not None
                and is_ours(text)
            ),
        )
    except OSError as error:
        raise GenerationFailedError(
            f"{error.filename or directory} can't be written: {error.strerror or error}.",
            hint="Choose another directory with --out.",
        ) from error


def _refuse_others(files: Mapping[str, str], directory: Path) -> None:
    reasons = {}
    for name in files:
        path = directory / name
        if not path.exists() and not path.is_symlink():
            continue
        text = _read_text(path) if path.is_file() and not path.is_symlink() else None
        if text is None or not text.startswith(_FIRST):
            reasons[str(path)] = "is not a file that Flightlog made"
        elif not is_ours(text):
            reasons[str(path)] = "was changed since Flightlog made it"
    if reasons:
        raise FileNotOursError(reasons)


def _replace(files: Mapping[str, str], directory: Path) -> None:
    # Write all files under temporary names before the first one is replaced.
    ready: dict[str, Path] = {}
    try:
        for name, text in files.items():
            handle, path = tempfile.mkstemp(prefix=f".{name}.", dir=directory)
            ready[path] = directory / name
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(path).chmod(0o666 & ~_umask())
        for path, target in list(ready.items()):
            Path(path).replace(target)
            del ready[path]
    finally:
        for path in ready:
            with contextlib.suppress(OSError):
                Path(path).unlink()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _read_text(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError):
        return None


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
