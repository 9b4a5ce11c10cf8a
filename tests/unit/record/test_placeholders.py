"""Placeholders for what JSON can't hold."""

from __future__ import annotations

import json

from flightlog.record.placeholders import MARK, write_placeholder


def test_kind_is_the_first_member() -> None:
    """Readers recognise a placeholder by its first member; the details follow in order."""
    written = write_placeholder("dropped", reason="the spool is full", size=812)
    assert written == b'{"$flightlog":"dropped","reason":"the spool is full","size":812}'
    assert next(iter(json.loads(written))) == MARK
