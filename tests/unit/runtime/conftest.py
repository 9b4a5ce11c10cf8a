"""Fixtures that the runtime's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.workflows import History, history_in


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """Make a place where workflows record."""
    with history_in(tmp_path / "spool") as history:
        yield history
