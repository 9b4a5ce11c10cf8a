"""
No part of a secret is left where Flightlog shortens a text.

The secrets and their places are random: each stands before, at or after a cut.
"""

from __future__ import annotations

import json
import random
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.capture.asgi import _Body
from flightlog.capture.encoding import LOOKAHEAD, encode_value
from flightlog.capture.exceptions import describe_exception, describe_failure
from flightlog.capture.logs import MESSAGE_CHARACTERS, _make_entry
from flightlog.capture.payloads import PayloadEncoder
from flightlog.capture.stream_text import StreamText
from flightlog.redaction import Redactor
from flightlog.redaction.cuts import AFTER_CHARACTERS, find_cut, redact_part
from support.token_samples import FORMS, token_sample

REGISTERED: Final = "kqzVW 83jd-Xy7u Rr5t/m0Pq2 zzTop9 Bq4"
REDACTOR: Final = Redactor(b"k" * 32, secrets=[REGISTERED])
LIMIT: Final = 4096
SHORTEST: Final = 6
FILLING: Final = "lorem ipsum, dolor: sit amet. "


class Secret:
    """
    A secret, and how it stands in a text.

    Args:
        before: The text before it.
        text: The secret.
        after: The text after it.
        known: How many of its first characters all secrets of its kind share.
    """

    def __init__(self, before: str, text: str, after: str = "", known: int = 0) -> None:
        self.written = f" {before}{text}{after} "
        self.parts = {text[at : at + SHORTEST] for at in range(known, len(text) - SHORTEST + 1)}

    def __repr__(self) -> str:
        return self.written

    def is_left_in(self, text: str) -> bool:
        """Check whether a part of the secret stands in a text."""
        return any(part in text for part in self.parts)


def _random_text(seed: int, length: int) -> str:
    letters = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(random.Random(seed).choices(letters, k=length))


@st.composite
def secrets(draw: st.DrawFn) -> Secret:
    """Draw a secret of some kind."""
    text = _random_text(draw(st.integers(0, 2**32)), draw(st.integers(12, 60)))
    kind = draw(st.integers(0, 9))
    forms: tuple[Callable[[], Secret], ...] = (
        lambda: Secret("", REGISTERED),
        lambda: Secret("", REGISTERED),
        lambda: Secret("password=", text),
        lambda: Secret("postgres://bob:", text, "@db.example/app"),
        lambda: Secret('{"value": "', text, '", "name": "X-Api-Key"}'),
        lambda: Secret("Authorization: Bearer ", text),
        lambda: Secret('"password": "', text, '"'),
        lambda: Secret("-----BEGIN RSA PRIVATE KEY-----\n", text * 20, "\n-----END RSA PRIVATE"),
    )
    if kind < len(forms):
        return forms[kind]()
    sample = token_sample(draw(st.sampled_from(sorted(FORMS)[:60])))
    at = sample.text.index(sample.secret)
    before, after = sample.text[:at], sample.text[at + len(sample.secret) :]
    # The first characters are the same in all tokens of a kind.
    return Secret(before, sample.secret, after, known=len(sample.secret) // 3)


def _filled(length: int) -> str:
    return (FILLING * (length // len(FILLING) + 1))[:length]


def _encoded(value: object) -> str:
    encoder = PayloadEncoder(REDACTOR, LIMIT, cached=False)
    return encoder.encode(value, "output").decode()


class _Text(str):
    __slots__ = ()


def _binary(text: str) -> str:
    shown = json.loads(_encoded(b"\0\1\xff" + text.encode()))["base64"]
    # A mark may stand in place of a known secret's digits.
    before = shown.partition("[")[0]
    return b64decode(before[: len(before) // 4 * 4]).decode("latin-1")


def _stream(text: str) -> str:
    joined = StreamText(LIMIT)
    for at in range(0, len(text), 7):
        assert joined.add(text[at : at + 7])
    return REDACTOR.payload(joined.encode(REDACTOR.find_cut), "output").decode()


def _byte_stream(text: str) -> str:
    joined = StreamText(LIMIT)
    for at in range(0, len(text), 7):
        assert joined.add(text[at : at + 7].encode())
    return REDACTOR.payload(joined.encode(REDACTOR.find_cut), "output").decode()


class _Shortener:
    """The part of a recorder that `_Body` uses."""

    def shorten(self, text: str, end: int) -> str:
        return text[: REDACTOR.find_cut(text, end)]


def _body(text: str) -> str:
    recorder: Any = _Shortener()
    body = _Body(recorder, LIMIT)
    for at in range(0, len(text), 1000):
        body.add(text[at : at + 1000].encode())
    return _encoded(body.members("text/plain"))


class _Node:
    """The part of a node that a log record uses."""

    def redact_part(self, text: str, start: int, end: int) -> str:
        return REDACTOR.part(text, start, end)


def _log(text: str) -> str:
    node: Any = _Node()
    return _encoded([_make_entry(node, datetime.now(UTC), "INFO", "app", text)])


def _raised(text: str) -> str:
    error = describe_exception(ValueError(text), None, REDACTOR)
    assert error.stack is not None
    return error.message + error.stack


def _raised_in_group(text: str) -> str:
    error = describe_exception(ExceptionGroup(text, [ValueError(text)]), None, REDACTOR)
    assert error.stack is not None
    return error.message + error.stack


PLACES: Final[dict[str, tuple[Callable[[str], str], int]]] = {
    "text": (_encoded, LIMIT - 46),
    "text of a subclass": (lambda text: _encoded(_Text(text)), LIMIT - 46),
    "text in a list": (lambda text: _encoded([text, "x", text]), LIMIT // 2 - 100),
    "text in a dict": (lambda text: _encoded({"a": [1, {"b": text}], "c": 1}), LIMIT // 4 - 80),
    "bytes": (lambda text: _encoded(text.encode()), LIMIT - 50),
    "bytearray": (lambda text: _encoded(bytearray(text.encode())), LIMIT - 50),
    "memoryview": (lambda text: _encoded(memoryview(text.encode())), LIMIT - 50),
    "exception in a payload": (lambda text: _encoded(ValueError(text)), LIMIT - 70),
    "stream": (_stream, LIMIT),
    "stream of bytes": (_byte_stream, LIMIT),
    "body of a request": (_body, LIMIT),
    "log record": (_log, MESSAGE_CHARACTERS),
    "message": (lambda text: describe_failure(text, None, REDACTOR).message, 8 * 1024),
    "exception": (_raised, 8 * 1024),
    "exception in a group": (_raised_in_group, 8 * 1024),
    "name": (lambda text: REDACTOR.part(text, 0, 200), 200),
}


@pytest.mark.parametrize("place", PLACES)
@given(secret=secrets(), data=st.data())
def test_cut_leaves_no_part_of_a_secret(place: str, secret: Secret, data: st.DataObject) -> None:
    """No six characters of a secret at a cut are left, and the text before stays as it is."""
    shorten, cut = PLACES[place]
    offset = data.draw(st.integers(-len(secret.written) - 20, 40))
    before = _filled(max(cut + offset, 0))
    shown = shorten(before + secret.written + _filled(3 * LIMIT + 60_000))
    assert not secret.is_left_in(shown)
    assert before[: min(cut, len(before)) // 2 - 100] in shown


@given(secret=secrets(), offset=st.integers(-80, 80))
def test_end_of_a_text_leaves_no_part_of_a_secret(secret: Secret, offset: int) -> None:
    """The end of a long message is cut as its beginning is."""
    after = _filled(max(8 * 1024 + offset - len(secret.written), 0))
    shown = describe_failure(_filled(60_000) + secret.written + after, None, REDACTOR).message
    assert not secret.is_left_in(shown)
    assert shown.endswith(after[-4_000:])


STRUCTURES: Final[tuple[Callable[[Any], Any], ...]] = (
    lambda value: {"password": value},
    lambda value: {"password": {"a": [value]}},
    lambda value: ["Authorization", value],
    lambda value: [("cookie", value)],
    lambda value: {"name": "X-Api-Key", "value": value},
    lambda value: {"value": value, "name": "X-Api-Key"},
    lambda value: [["user", "password"], ["bob", value]],
    lambda value: ["mysql", "--password", value],
    lambda value: {b"password": value},
)
WRAPPED: Final[tuple[Callable[[str], Any], ...]] = (
    str,
    str.encode,
    lambda text: bytearray(text.encode()),
    ValueError,
    lambda text: b"\0\xff" + text.encode(),
)


@pytest.mark.parametrize("length", [30, 3 * LIMIT])
def test_placeholder_with_a_sensitive_name_holds_no_secret(length: int) -> None:
    """A name says that a text is secret, whether the text is whole, cut, bytes or an exception."""
    text = _random_text(7, length)
    for structure in STRUCTURES:
        for wrap in WRAPPED:
            shown = _encoded(structure(wrap(text)))
            assert "[REDACTED:" in shown
            assert text[:8] not in shown


@given(offset=st.integers(-len(REGISTERED) - 10, 10))
def test_cut_of_binary_data_leaves_no_part_of_a_known_secret(offset: int) -> None:
    """Of the secrets in binary data, known ones are removed, and none of them is left in part."""
    before = _filled(LIMIT * 3 // 4 - 40 + offset)
    shown = _binary(before + REGISTERED + _filled(LIMIT))
    assert not Secret("", REGISTERED).is_left_in(shown)
    assert before[:2_500] in shown


@given(text=st.text(), end=st.integers(0, 40))
def test_harmless_text_is_cut_at_the_limit(text: str, end: int) -> None:
    """A cut that divides no secret stays where it is, whatever the characters are."""
    nothing: list[tuple[int, int]] = []
    assert find_cut(text, end, lambda data: nothing) == min(end, len(text))
    assert redact_part(text, 0, end, lambda data: nothing, bytes) == text[:end]


def test_cut_of_text_beyond_ascii_stands_at_its_characters() -> None:
    """Spans are counted in bytes, and cuts in characters."""
    text = "ü密🔑" * 40 + " password=" + "hunter2x9" + " ü密🔑" * 40
    at = text.index("hunter2x9")
    assert REDACTOR.find_cut(text, at + 4) == at
    assert REDACTOR.part(text, 0, at + 4).startswith(text[:at] + "[REDACTED:")
    assert REDACTOR.part(text, at + 3, len(text)).endswith("] ü密🔑" + " ü密🔑" * 39)


def test_many_cuts_read_a_bounded_length() -> None:
    """The length that is read to cut one value grows with the limit, not with the texts."""
    read = 0

    def find(text: str, end: int) -> int:
        nonlocal read
        read += min(len(text) - end, AFTER_CHARACTERS)
        return end

    value: Any = ["x " * 500] * 20
    for _ in range(6):
        value = [value, "y " * 500, value]
    assert len(encode_value(value, LIMIT, find)) <= LIMIT
    assert 0 < read <= 2 * (LIMIT + 17 * LOOKAHEAD)


def test_lookahead_of_the_encoder_covers_that_of_the_cut() -> None:
    """The encoder reads as far beyond a cut as redaction does."""
    assert LOOKAHEAD == AFTER_CHARACTERS
