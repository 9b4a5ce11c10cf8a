"""
The judge: whether a value is secret, given its name, its shape and how it is written.

Recognisers say where names and values stand; every decision is made here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.descriptions import is_description, is_expression, is_label
from flightlog.redaction.names import Name, Secrecy
from flightlog.redaction.patterns import pattern
from flightlog.redaction.shapes import (
    PLACEHOLDER,
    PLACEHOLDERS,
    is_camel,
    is_literal,
    is_mixed,
    is_prose,
    is_uuid,
    looks_chosen,
    looks_drawn,
    looks_random,
    scheme_length,
)
from flightlog.redaction.spans import MARK

_SPACES: Final = frozenset({b" ", b"\t", b"\r", b"\n"})
_WORDS: Final = frozenset({reading.WORD, reading.VERB})
_EXACT: Final = frozenset({reading.QUOTED, reading.INSIDE})
_LABELED: Final = _EXACT | {reading.CELL}
_NUMBERS: Final = frozenset({reading.NUMBER, reading.INSIDE_NUMBER})
_SHORTEST_IN_PROSE: Final = 6
_SHORTEST_JOINED: Final = 10
_SHORTEST_OF_KEY: Final = 12
_SHORTEST_ODD: Final = 4
_LONGEST_OF_MODEL: Final = 64
_BEFORE_OF_MODEL: Final = 96
# The API of language models lists the likely pieces of an answer: `{"token": "Hi", "logprob": -1}`.
_LIKELIHOOD_BEHIND: Final = pattern(
    rb"(?&quote)(?&blank){0,16},(?&blank){0,32}"
    rb"(?:(?&quote)bytes(?&quote)(?&blank){0,16}:(?&blank){0,16}(?:null|\[[0-9,\s]{0,400}\])"
    rb"(?&blank){0,16},(?&blank){0,32})?(?:(?&quote)(?:top_)?logprobs?(?&quote)"
    rb"|(?:(?&quote))?(?:prob|probability|score|weight)\b)"
)
_LIKELIHOOD_BEFORE: Final = pattern(
    rb"logprob(?&quote)(?&blank){0,16}:(?&blank){0,16}-?[0-9.eE+-]{1,32},(?&blank){0,32}(?&quote)"
    rb"token(?&quote)(?&blank){0,16}:(?&blank){0,16}(?&quote)\Z"
)
_BLANKS: Final = pattern(rb"(?:\\+[nrt]|\s)+")
_ESCAPED_LETTER: Final = pattern(rb"\\+u[0-9a-fA-F]{4}")
_LETTER: Final = "é".encode()
_LONG_NUMBER: Final = 20
_SHORT: Final = 16
_SPACE: Final = ord(" ")
_FINGERPRINT: Final = pattern(rb"[0-9A-F]{40}")
_TWILIO: Final = pattern(rb"(?!SK)[A-Z]{2}[0-9a-f]{32}")
"""The id of a record of Twilio."""
_ENTRY: Final = pattern(rb"[a-z]+(?:[.-][a-z]+)*(?:/[a-z]+(?:[.-][a-z]+)*)+")
"""The name of an entry in a store of secrets: `prod/db`."""
_LOOSELY_WRITTEN: Final = frozenset({reading.BARE, reading.LOOSE})
_OPENS: Final = pattern(rb"(?i)pass|pwd|key|secret|token|\bsig=|://[^/]*@")
"""What a connection string with a secret has."""
_KIND: Final = pattern(rb"[a-z]{3,8}|[A-Z]{3,8}")
_FEW: Final = pattern(rb"[0-9]{1,2};?")
_COUNT: Final = pattern(rb"[0-9]{1,3}(?:,[0-9]{3})?")
_NO_WORD: Final = pattern(rb"\{\{?\s?[A-Za-z_]|[^\]]*+\]\(")
"""`the key is {len(key)} bytes`; a link of Markdown: `[OAuth documentation](https://…)`."""
_PAIR: Final = pattern(rb"[A-Za-z_.]{2,40}=(?:[\w.-]{0,15}|/[\w./-]{1,60})")
"""The next pair of a line: `reason=bad_password attempts=3`."""
_ENDS: Final = b".!?:,;"
_CODE_SIGNS: Final = frozenset(b"| = { + &&".split())


def judge_value(text: bytes, value: reading.Value, name: Name) -> tuple[int, int] | None:
    """
    Judge a value.

    Args:
        text: The text.
        value: Where it stands, and how it is written.
        name: Its name.

    Returns:
        Where the secret in it starts and ends; None when there is none.
    """
    start, end, how = value
    if _is_piece_of_answer(text, start, end, name):
        return None
    head = text[start : min(start + reading.JUDGED, end)]
    after = _sign_after(text, end) if how in _LOOSELY_WRITTEN and end < len(text) else 0
    if end - start <= _SHORT:
        span = _judge_short(head, end - start, how, name, after)
    else:
        span = _judge_head(head, end - start, how, name, after)
    return (start + span[0], start + span[1]) if span else None


def _sign_after(text: bytes, end: int) -> int:
    """Find the byte after a value, or the sign of source code behind a space."""
    after = text[end]
    if after == _SPACE and text[end + 1 : end + 2] in _CODE_SIGNS:
        return text[end + 1]
    return after


def _judge_head(head: bytes, size: int, how: int, name: Name, after: int) -> tuple[int, int] | None:
    """Judge a value by its beginning; answers where the secret in it starts and ends."""
    start, end = 0, size
    if how not in _EXACT and (head[:1] in _SPACES or head[-1:] in _SPACES):
        after = _SPACE if after and size <= len(head) and head[-1:] in _SPACES else after
        start, end, head = _stripped(start, end, head)
    scheme = scheme_length(head) if how and b"auth" in name.lower else 0
    if scheme:
        start += scheme
        head = head[scheme:]
    if (
        start >= end
        or (head[:1] == b"[" and MARK.match(head))
        or is_literal(head)
        or (how != reading.SURE and is_description(head))
        or (how in _LABELED and is_label(head, b" " if how == reading.INSIDE else name.text))
    ):
        return None
    if how not in _EXACT and head[:1] == b"\\" and _BLANKS.fullmatch(head):
        return None
    if (not scheme and _says_how(head, how, name)) or not _is_secret(
        _without_signs(head, name), how, name, after
    ):
        return None
    if how in _WORDS and len(head) < reading.JUDGED:
        end -= len(head) - len(head.rstrip(_ENDS))
    return start, end


_judge_short: Final = lru_cache(maxsize=4096)(_judge_head)
"""Short values repeat, above all in texts of nothing else."""


def _says_how(head: bytes, how: int, name: Name) -> bool:
    """Check whether a value describes a secret, or counts, under a name of this kind."""
    lower = name.lower
    if lower.endswith((b"secret", b"secret-id", b"secret_id")):
        return _ENTRY.fullmatch(head) is not None
    if lower.endswith(b"sid"):
        return _TWILIO.fullmatch(head) is not None
    if lower.endswith((b"gpg_key", b"pgp_key")):
        return _FINGERPRINT.fullmatch(head) is not None
    if how in _LOOSELY_WRITTEN and head[:1].isdigit():
        # `string password = 2;`, `pass: 120, fail: 3`.
        return bool(_FEW.fullmatch(head) or (lower == b"pass" and _COUNT.fullmatch(head)))
    if b"conn" in lower and (b"=" in head or b"://" in head):
        return _OPENS.search(head) is None
    # `"auth": "login"`; a header begins with a capital letter.
    is_kind = how == reading.QUOTED or how in _LOOSELY_WRITTEN
    is_lower = name.text.endswith((b"auth", b"authorization"))
    return is_kind and is_lower and _KIND.fullmatch(head) is not None


def _without_signs(head: bytes, name: Name) -> bytes:
    """Write a value without what looks random and isn't: marks, and escapes of letters."""
    if name.secrecy < Secrecy.TEXT and b"[REDACTED:" in head:
        head = MARK.sub(b"", head)
    return _ESCAPED_LETTER.sub(_LETTER, head) if b"\\u" in head else head


def _is_piece_of_answer(text: bytes, start: int, end: int, name: Name) -> bool:
    """Check whether a token is a piece of a language model's answer, beside its likelihood."""
    if name.lower != b"token" or end - start > _LONGEST_OF_MODEL:
        return False
    before = text[max(0, start - _BEFORE_OF_MODEL) : start]
    return bool(_LIKELIHOOD_BEHIND.match(text, end) or _LIKELIHOOD_BEFORE.search(before))


def _stripped(start: int, end: int, head: bytes) -> tuple[int, int, bytes]:
    stripped = head.lstrip()
    start += len(head) - len(stripped)
    if len(head) < reading.JUDGED:
        stripped = stripped.rstrip()
        end = start + len(stripped)
    return start, end, stripped


def _is_secret(  # noqa: PLR0911 - one for each way to write a value
    head: bytes, how: int, name: Name, after: int
) -> bool:
    if how == reading.QUOTED:
        return _has_shape(head, name) and (
            len(head) != len(name.lower) or head.lower() != name.lower
        )
    if how in _LOOSELY_WRITTEN:
        if not _has_shape(head, name) or (head[:1] in PLACEHOLDERS and PLACEHOLDER.match(head)):
            return False
        return not is_expression(head, name, after, is_loose=how == reading.LOOSE)
    if how == reading.SURE:
        # `--password PASSWORD` is an option's description.
        return not PLACEHOLDER.match(head) and head.lower() != name.lower.lstrip(b"-")
    if how in _NUMBERS:
        return name.secrecy == Secrecy.WHOLE
    if how in _WORDS or how == reading.JOINED:
        return _is_secret_word(head, how, name)
    return _has_shape(head, name) and not (
        how == reading.INSIDE and b" " in head and is_prose(head)
    )


def _has_shape(head: bytes, name: Name) -> bool:
    """Check whether a value has the shape that its name asks for."""
    if name.secrecy >= Secrecy.TEXT:
        if name.secrecy == Secrecy.TEXT and is_camel(head):
            return False
        return head[:1] != b"/" or not name.lower.endswith(b"pwd")
    if len(head) < _SHORTEST_OF_KEY or b" " in head:
        return False
    if name.secrecy == Secrecy.RANDOM:
        long_number = head.isdigit() and len(head) >= _LONG_NUMBER
        return long_number or is_uuid(head) or is_mixed(head) or looks_drawn(head, _SHORTEST_OF_KEY)
    return looks_drawn(head)


def _is_secret_word(head: bytes, how: int, name: Name) -> bool:
    word = head.rstrip(_ENDS)
    if _NO_WORD.match(word) or (how == reading.WORD and _PAIR.fullmatch(word)):
        return False
    if how == reading.JOINED:
        rest = word.partition(b"-")[2] if word.partition(b"-")[0].isalpha() else word
        return is_uuid(word) or is_uuid(rest) or looks_drawn(word, _SHORTEST_JOINED)
    if name.secrecy < Secrecy.TEXT:
        return (
            looks_drawn(word)
            or (name.secrecy == Secrecy.RANDOM and is_uuid(word))
            or (word.isupper() and is_uuid(word))
        )
    if (
        looks_random(word, _SHORTEST_IN_PROSE)
        or looks_chosen(word)
        or looks_drawn(word)
        or is_uuid(word)
    ):
        return True
    if word.isdigit() and len(word) >= _LONG_NUMBER:
        return True
    return how == reading.VERB and is_odd(word)


def is_odd(value: bytes) -> bool:
    """
    Check whether a value is no word of a language.

    Args:
        value: The value.

    Returns:
        Whether it has other signs than letters, and is no literal.
    """
    value = value.rstrip(b".!?")
    return (
        len(value) >= _SHORTEST_ODD
        and not value.translate(None, b"-/,'").decode(errors="replace").isalpha()
        and not is_literal(value)
    )
