from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import InvalidQueryError
from flightlog.payload import read_tree
from flightlog.payload.document import join_pointer, split_pointer

from .conftest import document


@given(st.lists(st.text(max_size=5) | st.integers(0, 99)))
def test_pointers_go_there_and_back(keys: list[str | int]) -> None:
    """A pointer survives a round trip, even with slashes, tildes and empty names."""
    assert split_pointer(join_pointer(keys)) == [str(key) for key in keys]


@pytest.mark.parametrize("pointer", ["a", "/none", "/list/9", "/list/01", "/list/-1", "/text/0"])
def test_a_pointer_that_leads_nowhere_is_refused(pointer: str) -> None:
    """The error names the step."""
    with pytest.raises(InvalidQueryError, match="path"):
        read_tree(document({"list": [1], "text": "abc"}), pointer, 0, 1)
