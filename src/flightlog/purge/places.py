"""List the files in which a history's records may be: databases, spools, notes and backups."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from flightlog.purge.proof import is_database
from flightlog.spool.directory import REJECTED_SUFFIX, list_spools
from flightlog.spool.platform import is_regular
from flightlog.store.sqlite.access import SUFFIXES, add_suffix
from flightlog.store.sqlite.known_backups import list_known_backups

_LINES: Final = (".ndjson",)
_TOKENS: Final = "-tokens"


class Places(Struct, frozen=True, kw_only=True):
    """The files of a history, and those that may have its records."""

    history: Path
    """The history itself."""
    databases: tuple[Path, ...]
    """The databases that were set aside, and the known backups."""
    spools: tuple[Path, ...]
    """The directories of spools."""
    lines: tuple[Path, ...]
    """The files of lines: refused records, notes, tokens."""
    others: tuple[Path, ...]
    """Files that can be searched but not rewritten."""
    missing: tuple[Path, ...]
    """Known backups that are not at their places any more."""

    def list_files(self) -> list[Path]:
        """
        List all files that exist now, to search them.

        Returns:
            The files, each once.
        """
        databases = (self.history, *self.databases)
        companions = (add_suffix(path, suffix) for path in databases for suffix in SUFFIXES)
        in_spools = (file for spool in self.spools for file in _list_directory(spool))
        found = (*databases, *companions, *in_spools, *self.lines, *self.others)
        return [path for path in dict.fromkeys(found) if is_regular(path)]


def find_places(history: Path, spool_dirs: Iterable[Path]) -> Places:
    """
    Find the files of a history.

    Args:
        history: The history.
        spool_dirs: The directories that have spools.

    Returns:
        The files.

    Raises:
        OSError: A directory can't be read.
    """
    real = Path(os.path.realpath(history))
    own = {real, *(add_suffix(real, suffix) for suffix in SUFFIXES)}
    databases: list[Path] = []
    lines: list[Path] = []
    others: list[Path] = []
    for path in sorted(real.parent.glob(f"{_escape(real.name)}?*")):
        if path in own or not is_regular(path):
            continue
        if path.name.endswith(_LINES):
            lines.append(path)
        elif is_database(path):
            databases.append(path)
        else:
            others.append(path)
    lines += _list_directory(add_suffix(real, _TOKENS))
    backups = [path for path in list_known_backups(real) if path != real]
    databases += [path for path in backups if is_regular(path)]
    spools = []
    for spool_dir in dict.fromkeys(spool_dirs):
        spools += [spool.path for spool in list_spools(spool_dir)]
        lines += sorted(filter(is_regular, spool_dir.glob(f"*{REJECTED_SUFFIX}")))
    found = dict.fromkeys(databases)
    own_logs = {add_suffix(path, suffix) for path in found for suffix in SUFFIXES}
    return Places(
        history=real,
        databases=tuple(found),
        spools=tuple(spools),
        lines=tuple(dict.fromkeys(lines)),
        others=tuple(path for path in others if path not in own_logs),
        missing=tuple(path for path in backups if not os.path.lexists(path)),
    )


def _list_directory(directory: Path) -> Iterator[Path]:
    if directory.is_dir() and not directory.is_symlink():
        yield from sorted(filter(is_regular, directory.iterdir()))


def _escape(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
