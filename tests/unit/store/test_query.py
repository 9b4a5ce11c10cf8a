"""Cursors and filters of queries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import InvalidQueryError
from flightlog.store.query import EXECUTION_CURSOR, MAX_NUMBER, NODE_CURSOR, WORKFLOW_CURSOR


@given(st.integers(0, MAX_NUMBER), st.text(), st.text())
def test_cursor_is_read_as_it_was_written(number: int, first: str, second: str) -> None:
    """Any number and any texts without lone surrogates come back."""
    first, second = (text.encode(errors="replace").decode() for text in (first, second))
    written = WORKFLOW_CURSOR.write(number, first, second)
    assert WORKFLOW_CURSOR.read(written) == (number, first, second)


@pytest.mark.parametrize(
    ("cursor", "text"),
    [
        (EXECUTION_CURSOR, ""),
        (EXECUTION_CURSOR, "zz.1"),
        (EXECUTION_CURSOR, "6162"),
        (EXECUTION_CURSOR, "6162.1.2"),
        (EXECUTION_CURSOR, "616.1"),
        (EXECUTION_CURSOR, f"6162.{MAX_NUMBER + 1}"),
        (NODE_CURSOR, "-1.61"),
        (NODE_CURSOR, "1.61\n"),
    ],
)
def test_other_texts_are_no_cursors(cursor: Any, text: str) -> None:
    """The error names the parameter and says what to do."""
    with pytest.raises(InvalidQueryError, match="not one of ours") as caught:
        cursor.read(text)
    assert caught.value.hint
