"""Histories whose files are damaged, as by a failing disk."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Final

PAGE_BYTES: Final = 4096


def overwrite_pages(path: Path, pages: int, random: Random, *, first: int = 1) -> None:
    """
    Overwrite pages of a file with random bytes.

    Args:
        path: The file, which no process has open.
        pages: The number of pages.
        random: Chooses the pages and the bytes.
        first: The first page that may be overwritten; 0 has the header.
    """
    total = path.stat().st_size // PAGE_BYTES
    with path.open("r+b") as file:
        for page in random.sample(range(first, total), min(pages, total - first)):
            file.seek(page * PAGE_BYTES)
            file.write(random.randbytes(PAGE_BYTES))


def damage_header(path: Path, random: Random) -> None:
    """
    Overwrite the header of a database, but not its page of the schema.

    Args:
        path: The file, which no process has open.
        random: Chooses the bytes.
    """
    with path.open("r+b") as file:
        file.write(random.randbytes(100))


def truncate(path: Path, random: Random) -> None:
    """
    Cut off the end of a file, within a page.

    Args:
        path: The file, which no process has open.
        random: Chooses the place.
    """
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(random.randrange(size // 3, size - PAGE_BYTES))
