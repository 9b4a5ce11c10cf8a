"""
Generated files on disk: their mark, and replacing them.

A file's second line holds the digest of all below it. One whose digest is right was made by
Flightlog and changed by nobody, so it may be replaced; any other stays, and then nothing is written
at all.
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
    """What became of the files."""

    written: tuple[Path, ...]
    """New, or with new content."""
    unchanged: tuple[Path, ...]
    """Already what they should be."""
    stale: tuple[Path, ...]
    """Made by Flightlog earlier, of workflows that the manifest no longer has; still there."""


def marked(origin: Code, body: str) -> str:
    """
    Put the two lines before a file that say where it is from.

    Args:
        origin: What it was made from, for people.
        body: The rest.
    """
    first = f"{_FIRST}{origin}; change the manifest and generate again."
    return f"{first}\n{_MARK}{_digest(body)}\n{body}"


def is_ours(text: str) -> bool:
    """Say whether Flightlog made a file and nobody changed it since."""
    found = _MARKED.match(text.replace("\r\n", "\n"))
    return found is not None and found[1] == _digest(found[2])


def write_files(
    files: Mapping[str, str], directory: str | PathLike[str], *, known: Collection[str] = ()
) -> Written:
    """
    Write generated files, all or none.

    Args:
        files: Their texts by name.
        directory: Where; made if it isn't there.
        known: Names of other files that the manifest would make, which aren't stale.

    Returns:
        What was written.

    Raises:
        FileNotOursError: Something else stands in the place of one; nothing was written.
        GenerationFailedError: The directory can't be written.
    """
    directory = Path(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _refuse_others(files, directory)
        unchanged = {name for name, text in files.items() if _text(directory / name) == text}
        _replace({name: text for name, text in files.items() if name not in unchanged}, directory)
        return Written(
            written=tuple(directory / name for name in files if name not in unchanged),
            unchanged=tuple(directory / name for name in files if name in unchanged),
            stale=tuple(
                path
                for path in sorted(directory.glob("*.py"))
                if path.name not in {*files, *known}
                and (text := _text(path)) is not None
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
        text = _text(path) if path.is_file() and not path.is_symlink() else None
        if text is None or not text.startswith(_FIRST):
            reasons[str(path)] = "is not a file that Flightlog made"
        elif not is_ours(text):
            reasons[str(path)] = "was changed since Flightlog made it"
    if reasons:
        raise FileNotOursError(reasons)


def _replace(files: Mapping[str, str], directory: Path) -> None:
    # All are on disk under other names before the first takes its place.
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


def _text(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError):
        return None


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
