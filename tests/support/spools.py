"""Spools for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flightlog.spool import SpoolLimits, SpoolWriter


@contextmanager
def open_spool(
    place: Path, limits: SpoolLimits | None = None, url: str = "http://localhost:3000"
) -> Iterator[SpoolWriter]:
    """
    Open a spool of this process, and close the spool at the end.

    Args:
        place: The directory of spools.
        limits: The limits of the spool.
        url: The destination of the messages.

    Yields:
        The writer of the spool.
    """
    spool = SpoolWriter(place, url, limits)
    try:
        yield spool
    finally:
        spool.close()


def append(spool: SpoolWriter, count: int) -> None:
    """
    Append this number of small messages.

    Args:
        spool: The writer of the spool.
        count: The number of messages.
    """
    for _ in range(count):
        spool.append(b'{"id":"run","status":"running"}')


def numbers_in(lines: Iterable[bytes]) -> list[int]:
    """
    List the numbers of delivered messages.

    Args:
        lines: The JSON of messages.

    Returns:
        The numbers.
    """
    return [json.loads(line)["message"]["number"] for line in lines]
