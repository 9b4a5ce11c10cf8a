"""The marks that stand for secrets."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from flightlog.redaction.marking import MARK, Marker

SECRET = 'pass "wörd"/x'


@pytest.mark.parametrize("key", [b"k" * 32, b"k" * 64, b"k" * 100, b""])
def test_mark_is_the_beginning_of_an_hmac(key: bytes) -> None:
    """The digest is HMAC-SHA256 with the key, whatever the key's length."""
    digest = hmac.new(key, SECRET.encode(), hashlib.sha256).hexdigest()
    mark = Marker(key).mark(SECRET.encode())
    assert mark == f"[REDACTED:{digest[:12]}]".encode()
    assert MARK.fullmatch(mark)


def test_equal_secrets_have_equal_marks_in_each_encoding() -> None:
    """Escapes of JSON and of URLs are undone before the secret is marked."""
    marker = Marker(b"k" * 32)
    expected = marker.mark(SECRET.encode())
    for ensure_ascii in (True, False):
        written = json.dumps(SECRET, ensure_ascii=ensure_ascii)[1:-1].encode()
        assert marker.mark_written(written, is_json=True) == expected
    assert marker.mark_written(b"pass%20%22w%C3%B6rd%22%2Fx", is_json=False) == expected


def test_backslashes_outside_of_json_are_no_escapes() -> None:
    """A text that is no JSON is marked as it is; invalid escapes are kept."""
    marker = Marker(b"k" * 32)
    assert marker.mark_written(rb"C:\new", is_json=False) == marker.mark(rb"C:\new")
    assert marker.mark_written(rb"C:\xyz", is_json=True) == marker.mark(rb"C:\xyz")


def test_marks_that_are_remembered_are_bounded() -> None:
    """Many secrets fill no memory, and marks stay the same."""
    marker = Marker(b"k" * 32)
    first = marker.mark_written(b"secret-0", is_json=False)
    for number in range(10_000):
        marker.mark_written(b"secret-%d" % number, is_json=False)
    assert len(marker._known) <= 4096
    assert marker.mark_written(b"secret-0", is_json=False) == first
