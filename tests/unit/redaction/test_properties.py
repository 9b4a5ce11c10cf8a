"""Properties of redaction that hold for every payload."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from flightlog.redaction import RedactionRules, Redactor
from flightlog.redaction.descriptions import may_describe
from flightlog.redaction.shapes import is_literal
from support.secrets import encodings
from support.strategies import json_values

MARK = re.compile(r"\[REDACTED:[0-9a-f]{8,12}\]")
WRITTEN_MARK = re.compile(rb"\[REDACTED:[0-9a-f]{8,12}\]")
REDACTOR = Redactor(b"installation" * 3)
OTHER = Redactor(b"another" * 5)

FRAGMENTS = (
    "password secret token apiKey Authorization Cookie name value key tokens sid auth Bearer Basic "
    '= : & ; , \' " \\ \\" \n { } [ ] ( ) :// @ / % %3D %22 \\u0070 is must None hunter2 '
    "ghp_ab12cd34ef56 4111111111111111 eyJhbGciOiJI.eyJzdWIi.c2ln x1y2z3w4v5u6t7s8 -----BEGIN "
    "PRIVATE KEY----- [REDACTED:0123456789ab] [REDACTED: $flightlog é 密码 \ud800 0 -0.0 --"
)
fragments = st.sampled_from(FRAGMENTS.split(" "))
hard_texts = st.lists(fragments, max_size=8).map("".join) | st.text(max_size=12)
hard_values = st.recursive(
    json_values | hard_texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(hard_texts, inner, max_size=4)
        | st.tuples(hard_texts, inner).map(list)
        | st.builds(lambda n, v: {"name": n, "value": v}, hard_texts, inner)
        | st.builds(lambda n, v: {"value": v, "name": n}, hard_texts, inner)
        | inner.map(json.dumps)
    ),
    max_leaves=10,
)


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Write JSON as several encoders do."""
    value = draw(hard_values)
    ascii_only = draw(st.booleans())
    written = json.dumps(value, ensure_ascii=ascii_only, indent=draw(st.sampled_from([None, 1])))
    if draw(st.booleans()):
        written = written.replace("/", "\\/")
    return written.encode("utf-8", "replace")


def same_but_for_marks(before: Any, after: Any) -> bool:
    """Check whether two values differ only where one of the values has marks."""
    if isinstance(after, str) and MARK.search(after) and after != before:
        if not isinstance(before, str):
            return MARK.fullmatch(after) is not None
        rest = before
        for piece in filter(None, MARK.split(after)):
            _, found, rest = rest.partition(piece)
            if not found and not is_json(before):
                return False
        return True
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = list(before.items()), list(after.items())
        return len(old) == len(new) and all(
            same_but_for_marks(a[0], b[0]) and same_but_for_marks(a[1], b[1])
            for a, b in zip(old, new, strict=True)
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same_but_for_marks, before, after))
    return type(before) is type(after) and before == after


def is_json(text: str) -> bool:
    """Check whether a text is JSON; the mark of a number in JSON text has quotes."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@given(payloads())
@example(b'{"password":"x","password":"y"}')
@example(b'[1E400,-0.0,123456789012345678901234567890,"\\ud800"]')
def test_json_stays_json_and_nothing_else_changes(payload: bytes) -> None:
    """The output is JSON, and equals the input except for the marks."""
    output = REDACTOR.payload(payload, "input")
    before, after = json.loads(payload), json.loads(output)
    assert same_but_for_marks(before, after)


@given(payloads())
def test_bytes_outside_what_is_removed_stay(payload: bytes) -> None:
    """The bytes between the marks are bytes of the payload, in the same order."""
    place = 0
    for piece in WRITTEN_MARK.split(REDACTOR.payload(payload, "input")):
        kept = piece.strip(b'"\\')
        found = payload.find(kept, place)
        assert found >= 0
        place = found + len(kept)


@given(payloads())
def test_redacting_again_changes_nothing(payload: bytes) -> None:
    """A second redaction changes nothing, with the same key or another key."""
    once = REDACTOR.payload(payload, "input")
    assert REDACTOR.payload(once, "input") is once
    assert OTHER.payload(once, "input") is once


@given(hard_texts)
def test_redacting_a_text_again_changes_nothing(text: str) -> None:
    """A second redaction of messages and stacks changes nothing."""
    once = REDACTOR.text(text)
    assert REDACTOR.text(once) is once
    assert OTHER.text(once) is once


@given(payloads())
def test_the_long_way_finds_what_the_short_way_finds(payload: bytes) -> None:
    """
    A full read of the payload gives the same result as the short path.

    An exception that matches no path forces the full read.
    """
    thorough = Redactor(b"installation" * 3, RedactionRules(except_paths=("input.no.such.path",)))
    assert thorough.payload(payload, "input") == REDACTOR.payload(payload, "input")


known_secrets = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=8, max_size=24
).filter(lambda text: not MARK.search(text) and len(set(text)) > 4 and "REDACTED" not in text)


@given(known_secrets, hard_texts, st.data())
def test_a_known_secret_is_never_left(secret: str, around: str, data: st.DataObject) -> None:
    """A known secret is removed in any encoding and between any other text."""
    redactor = Redactor(b"k" * 32, secrets=[secret])
    encoding, written = data.draw(st.sampled_from(sorted(encodings(secret).items())))
    core = written[4:-12] if encoding.startswith("base64") else written
    redacted = redactor.text(around + " " + written + " " + around)
    left = MARK.sub("\0", redacted)
    if len(core) >= 8 and core not in around:
        assert core not in left
    payload = json.dumps({"x": [around + " " + written]}).encode()
    left = MARK.sub("\0", json.loads(redactor.payload(payload, "input"))["x"][0])
    if len(core) >= 8 and core not in around:
        assert core not in left


def is_harmless(value: bytes) -> bool:
    """Check whether a value may stay below the name of a secret."""
    return is_literal(value) or may_describe(value)


@given(
    st.text(min_size=1, max_size=20).filter(
        lambda text: not (MARK.match(text) or is_harmless(text.encode("utf-8", "replace")))
    )
)
def test_marks_tell_equal_secrets_and_hide_them_from_other_keys(secret: str) -> None:
    """Equal secrets have equal marks with one key, and other marks with another key."""
    payload = json.dumps([{"password": secret}, {"apiToken": secret}]).encode()
    first, second = json.loads(REDACTOR.payload(payload, "input"))
    assert first["password"] == second["apiToken"]
    assert MARK.fullmatch(first["password"])
    assert json.loads(OTHER.payload(payload, "input"))[0]["password"] != first["password"]
