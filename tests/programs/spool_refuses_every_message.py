"""Let every append to a spool fail; a test copies this file as `sitecustomize.py`."""

from __future__ import annotations

from typing import Any

from flightlog.spool import SpoolWriter


def refuse(*_: Any, **__: Any) -> None:
    raise OSError("no disk")


SpoolWriter.append = refuse  # type: ignore[method-assign]  # the fault
