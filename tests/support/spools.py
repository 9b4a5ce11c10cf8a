"""Spools for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flightlog.spool import SpoolWriter
from flightlog.spool.limits import SpoolLimits


@contextmanager
def open_spool(
    place: Path, limits: SpoolLimits | None = None, url: str = "http://localhost:3000"
) -> Iterator[SpoolWriter]:
    """A spool of this process, closed at the end."""
    spool = SpoolWriter(place, url, limits)
    try:
        yield spool
    finally:
        spool.close()


def append(spool: SpoolWriter, count: int) -> None:
    """Append so many small messages."""
    for _ in range(count):
        spool.append(b'{"id":"run","status":"running"}')


def numbers_in(lines: Iterable[bytes]) -> list[int]:
    """The numbers of delivered messages."""
    return [json.loads(line)["message"]["number"] for line in lines]
