"""The values that one step reads, and those that it leaves to the recognisers."""

from __future__ import annotations

import json

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.names import Names
from flightlog.redaction.plain import (
    read_listed_pair,
    read_member,
    read_named_value,
    read_pair,
    read_url,
)

NAMES = Names()
REDACTOR = Redactor(b"k" * 32)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (b'{"password":"hunter2"}', b"hunter2"),
        (b'{"dbPassword": "x y"}', b"x y"),
        (b'{"Authorization": "Bearer abc123"}', b"abc123"),
        (b'{"password":""}', None),
        (b'{"password":"null"}', None),
        (b'{"key":"logs/2026.txt"}', None),
        (b'{"key":12}', None),
        (b'{"password":12}', b"12"),
        (b'{"key 17":"x"}', None),
    ],
)
def test_a_plain_member_is_read_in_one_step(text: bytes, secret: bytes | None) -> None:
    """The secret is found, or the member is known to hold none by its name."""
    read = read_member(text, text.find(b'"') + 1, NAMES, is_place=False)
    assert read is not None
    assert (text[slice(*read[1])] if read[1] else None) == secret


@pytest.mark.parametrize(
    "text",
    [b'{"password":"a\\"b"}', b'{"password":1.5}', b'{"password":["x"]}', b'{"a-key-":"x"}'],
)
def test_other_members_are_left_to_the_recognisers(text: bytes) -> None:
    """Escapes, fractions and lists under a secret's name need a recogniser."""
    assert read_member(text, 2, NAMES, is_place=False) is None


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (b'{"name":"X-Token","value":"hunter2"}', b"hunter2"),
        (b'{"key": "db_password", "value": "hunter2"}', b"hunter2"),
        (b'{"name":"X-Key","value":"words"}', None),
        (b'{"name":"X-Key","value":12}', None),
    ],
)
def test_a_name_and_its_value_are_read_in_one_step(text: bytes, secret: bytes | None) -> None:
    """The secret is found, or the value is known to be none."""
    place = max(text.lower().find(stem) for stem in (b"token", b"-key", b"password")) + 1
    read = read_named_value(text, place, NAMES)
    assert read is not None
    assert (text[slice(*read[1])] if read[1] else None) == secret


@pytest.mark.parametrize(
    "text",
    [b'{"name":"token","value":12}', b'{"title":"token","is":"x"}', b'{"name":"token","value":{}}'],
)
def test_other_names_and_values_are_left_to_the_recognisers(text: bytes) -> None:
    """A number that is secret, other members and objects need a recogniser."""
    assert read_named_value(text, text.find(b"token"), NAMES) is None


@pytest.mark.parametrize(
    ("text", "secret", "is_number"),
    [
        (b'[["token","hunter2"]]', b"hunter2", False),
        (b'[["a","b"], ["token", 12]]', b"12", True),
        (b'[["token","hunter2","x"]]', None, False),
        (b'["token","hunter2"]', None, False),
        (b'[["title","hunter2"]]', None, False),
    ],
)
def test_a_pair_in_a_list_is_read_in_one_step(
    text: bytes, secret: bytes | None, is_number: bool
) -> None:
    """Only a secret is read so, and only in a list of two items in a list."""
    place = max(text.find(b"token"), text.find(b"title"))
    read = read_listed_pair(text, place, NAMES)
    assert (text[slice(*read[1])] if read and read[1] else None) == secret
    assert (read is not None and read[4]) == is_number


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (b"password=hunter2\n", b"hunter2"),
        (b"password: hunter2", b"hunter2"),
        (b"Authorization: Bearer abcdefgh12345678\n", b"abcdefgh12345678"),
        (b"Authorization: Bearer short\n", None),
        (b"password: required\n", None),
        (b"password=hunter2 user=bob", None),
        (b"password=settings.password\n", None),
    ],
)
def test_a_plain_pair_is_read_in_one_step(text: bytes, secret: bytes | None) -> None:
    """Only a plain word at the end of its line is read, and no word of a sentence."""
    last = next(at for at, byte in enumerate(text) if byte in b"=:")
    read = read_pair(text, 0, last, NAMES)
    assert (text[slice(*read)] if read else None) == secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (b"://bob:hunter2@db:5432/app", b"hunter2"),
        (b"://bob:hunter2@db", b"hunter2"),
        (b"://bob:hunter2@evil@db", None),
        (b"://bob:null@db", None),
        (b"://bob:p%40ss@db", None),
        (b"://db:5432/app", None),
    ],
)
def test_a_plain_url_is_read_in_one_step(text: bytes, secret: bytes | None) -> None:
    """Other URLs are left to their recogniser."""
    read = read_url(text, 0)
    assert (text[slice(*read)] if read else None) == secret


@pytest.mark.parametrize(
    "value",
    ["4111 1111 1111 1111", 4111111111111111, "Bearer abcdefgh12345678", "https://a:b9@c.de/"],
)
def test_the_value_of_a_harmless_name_is_searched(value: str | int) -> None:
    """A member whose name asks for no secret is passed up to its value, and no further."""
    redacted = REDACTOR.payload(json.dumps({"key": value}).encode(), "input")
    assert b"[REDACTED:" in redacted
