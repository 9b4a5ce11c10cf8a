from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.store.error_patterns import normalize_message


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("Timeout after 3000 ms", "Timeout after ⟨n⟩ ms"),
        ("at 0x7f3a: 1,200.5 ms, -3 of 1e-9", "at ⟨hex⟩: ⟨n⟩ ms, ⟨n⟩ of ⟨n⟩"),
        ("409: order-a7f exists", "⟨n⟩: ⟨id⟩ exists"),
        ("no 0193a7f2-1111-7222-8333-444455556666 here", "no ⟨id⟩ here"),
        ("request req8f31ab failed", "request ⟨id⟩ failed"),
        ("commit deadbeef01", "commit ⟨id⟩"),
        ("token [REDACTED:3f9a1c0b7d24]", "token ⟨secret⟩"),
        ("No such file: '/srv/in 7.csv'", "No such file: '⟨text⟩'"),
        ("can't open /srv/data/in.csv", "can't open ⟨path⟩"),
        (r"can't open C:\\data\\in.csv".replace("\\\\", "\\"), "can't open ⟨path⟩"),
        ("GET https://api.example.com/a?b=7 refused", "GET ⟨url⟩ refused"),
        ("no mailbox jane.doe@example.com", "no mailbox ⟨mail⟩"),
        ("late since 2026-11-22T19:04:11.250Z", "late since ⟨time⟩"),
        ("either/or and read/write", "either/or and read/write"),
        ("no answer", "no answer"),
        ("'price'", "'price'"),
        ("'price' 7", "'price' ⟨n⟩"),
        ("", ""),
    ],
)
def test_parts_that_vary_become_words(message: str, pattern: str) -> None:
    """Numbers, ids, times, paths, addresses, secrets and quoted values are named by their kind."""
    assert normalize_message(message) == pattern


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("card declined", "card expired"),
        ("'price'", "'sku'"),
        ("can't read", "can't write"),
    ],
)
def test_messages_with_different_words_are_not_alike(first: str, other: str) -> None:
    """Messages with different words have different patterns."""
    assert normalize_message(first) != normalize_message(other)


@given(st.text(max_size=400))
def test_any_message_has_a_pattern_without_digits(message: str) -> None:
    """No digit of ASCII stays outside of quotation marks, whatever the message."""
    pattern = normalize_message(message)
    if "'" not in message and '"' not in message and "`" not in message:
        assert not set("0123456789") & set(pattern.replace("\N{LEFT DOUBLE QUOTATION MARK}", ""))
