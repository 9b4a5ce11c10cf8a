"""Shapes of values: the scheme before credentials."""

from __future__ import annotations

import pytest

from flightlog.redaction.shapes import scheme_length


@pytest.mark.parametrize(
    ("value", "credentials"),
    [
        (b"Bearer abc", b"abc"),
        (b"BASIC  dXNlcg==", b"dXNlcg=="),
        (b"Bearer%20abc", b"abc"),
        (b"token: abc", b"abc"),
        (b"abc", b"abc"),
        (b"Bearer ", b"Bearer "),
        (b"bearers of news", b"bearers of news"),
    ],
)
def test_scheme_is_no_part_of_the_credentials(value: bytes, credentials: bytes) -> None:
    """A scheme with its spaces is measured; a scheme alone, or another word, is no scheme."""
    assert value[scheme_length(value) :] == credentials
