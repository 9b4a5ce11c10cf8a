"""Tests of payloads in registers."""

from __future__ import annotations

from msgspec import Raw

from flightlog.store.clickhouse.payloads import hash_payload, read_reference, write_payload


def test_a_small_payload_stays_in_its_register() -> None:
    """Its own bytes follow the first bytes; a larger one has its hash."""
    small, large = Raw(b'{"a":1}'), Raw(b'"' + b"x" * 200 + b'"')
    assert write_payload(small, None, {}) == (bytes(small).hex(), 0, '{"a":1}')
    assert write_payload(large, None, {})[2] == hash_payload(large)


def test_a_payload_of_the_same_version_gets_a_greater_number() -> None:
    """The number orders payloads that begin alike."""
    first, second = Raw(b'"' + b"x" * 200 + b'1"'), Raw(b'"' + b"x" * 200 + b'2"')
    assert write_payload(second, first, {}) > write_payload(first, None, {})


def test_json_is_no_reference() -> None:
    """A reference begins with a character that JSON never begins with."""
    assert read_reference('"#"') is None
    assert read_reference(None) is None
    assert read_reference(hash_payload(b"1")) is not None
