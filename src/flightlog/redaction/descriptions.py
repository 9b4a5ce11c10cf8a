"""
Values that describe a secret, or stand for one.

A sentence or a label about it, in any language; an address, a version, the name of a constant, a
template; a variable, a type or a call in source code. Recognisers and the judge ask; the words are
in `names.toml`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from flightlog.redaction.names import Name, Names, Secrecy, read_words, split_words
from flightlog.redaction.patterns import pattern
from flightlog.redaction.shapes import is_prose, looks_drawn

_SENTENCE: Final = re.compile(
    # At least three words without digits, and the end of a sentence.
    r"[:A-Z\u00c0-\uffff](?:[^\W\d]|['’-])*+(?:[,;:]? [:(\"'«„“]?[^\W\d](?:[^\W\d]|['’-])*+"
    r"[)\"'»”“]?){2,}\s?[.!?…。](?: .*)?"
)
_VERSION: Final = pattern(
    rb"[\^~>=<v ]{0,3}[0-9]{1,4}(?:\.[0-9]{1,6}){1,3}(?:[-+.](?:alpha|beta|rc|dev|preview|next"
    rb"|canary|pre|final|release|snapshot|[a-z]{1,2})[0-9.-]{0,12}){0,2}"
    rb"(?:[ |]{1,4}[\^~>=<v]{0,2}[0-9.]{1,12}){0,4}"
)
_ADDRESS: Final = pattern(
    rb"(?:(?:https?|wss?|urn|ftp|file)://[\w.:\[\]{}$-]+|unix:|[$#]\{[\w.]{1,40}\}[a-z]*"
    rb"|[a-z0-9-]{2,30}(?:\.[a-z0-9-]{2,30}){1,3}(?=/))(?:/[\w.,~:{}$/-]*)?(?:#[\w./-]*)?"
    rb"(?:\?[\w=-]{1,80})?"
)
_MESSAGE: Final = pattern(rb"\$[A-Za-z_]\w{0,40} |(?:[^ ]* ){2,20}?[^ ]*\$\{")
"""A line of a shell, a text with variables."""
_USER: Final = pattern(rb"(?:[\w+.-]{1,20}://)?([A-Z_:]{3,80})@")
_IDENTIFIED: Final = pattern(
    # A standard, the name of a package, a call.
    rb"(?:RFC|ISO|SHA|HS|RS|ES|PS|EIP|PEP|BIP|CVE|NIST|MD)-?[0-9]{1,5}[.,;:)]?"
    rb"|(?:com|org|net|io|dev)(?:\.[a-z]{2,20}){2,6}(?:/.*)?|[A-Za-z_.]{2,60}\(\)"
    rb"|[a-z_]{2,40}=(?:None|null|true|false)"
    rb"|[a-z._]{2,40}:(?:read|write|admin|all|manage|list|delete|create|history)"
)
_CONSTANT: Final = pattern(rb"[A-Z]+(?:[_:][A-Z]+)*")
_TEMPLATE: Final = pattern(
    # Placeholders, signs, and attributes of cookies.
    rb"(?i:(?:bearer|basic|token|bot|key|apikey|digest)[ ])?(?:(?:[a-z]{1,12}[_=])?"
    rb"(?:[$#]\{[^{}\"]{1,80}\}|\{\{[^{}\"]{1,80}\}\}|\{[\w.]{0,40}\}|%(?:\(\w{1,40}\))?[sdv])[\s:;,.=/|_-]*"
    rb"|(?:path|max-age|domain|samesite|expires)=/?(?:lax|strict|none)?[; ]*)+"
)
_WITHOUT_SIGNS: Final = str.maketrans("", "", "'’-\u200b.:?!…。、！？،؟")
_LONGEST_LABEL: Final = 64
_PHRASE_WORDS: Final = 4
_SENTENCE_WORDS: Final = 8
_LONG_FOREIGN: Final = 4
"""In letters, of a text without spaces in a script that writes none."""
_SOURCE: Final = re.compile(
    rb"(?:self|cls|args|config|settings|cfg|os|request|req|response|kwargs|env|options|opts|params"
    rb"|process|this|data|var|local|module|(?:random|aws|azurerm|google|vault)_[a-z_]{1,60})"
    rb"(?:\.[A-Za-z_]\w{0,60}){1,6}[(\[]?.{0,200}"
    rb"|[A-Za-z_][a-zA-Z_.]{0,60}[(\[](?:[^0-9].{0,200})?",
    re.DOTALL,
)
_CALL: Final = re.compile(
    rb"(?:::)?(?:[A-Za-z_]\w{0,60}(?:\?\.|\.|::|->)){1,8}[A-Za-z_]?\w{0,60}[(\[{].*"
    rb"|[A-Z][a-z]+\.[a-z]{2,20}|[A-Za-z_]\w{0,60}\(|(?:[A-Z][a-z]{2,20})+\{.*"
    rb"|[a-z]{2,20}(?:_[a-z0-9]{2,20}|[A-Z][a-z0-9]{1,20})+\(.*|`?\$\(.*|%[iwqQ][\[({].*"
    rb"|(?:[A-Za-z_]{1,30}\.){2,6}[A-Za-z_]{1,30}[0-9]?|@[A-Za-z_.]{1,60}"
    rb"|(?:await|typeof|async|function|return)(?: .*)?|new [A-Za-z_.]+\(.*|.*\(\)",
    re.DOTALL,
)
_SAME_AGAIN: Final = pattern(
    rb"(?i)(?:\w{1,40}\.){0,6}_{0,2}(?:(?:api|access|secret|private|auth|user"
    rb"|new|old|db|pg|the|my|expected)_?)*(?:password|passwd|secret|token|key"
    rb"|credentials?|cookies?|auth|apikey)"
)
_TYPE: Final = pattern(rb"(?:[A-Z][a-z0-9]{1,20}){2,8}")
_IDENTIFIER: Final = pattern(rb"[A-Za-z_]+(?:\.[A-Za-z_]+)*")
_UNUSUAL: Final = pattern(
    rb"[ /({%@\x80-\xff]|\A(?:[A-Z][A-Za-z'-]*|[A-Z_:]+|[A-Z]{2,4}-?[0-9]{1,5})[.,;:!?)]?\Z"
    rb"|\A[\^~>=<v]{0,3}[0-9]{1,4}\.|\A(?:com|org|net|io|dev)\."
)
_SHORT_VARIABLE: Final = 2
_AMPERSAND, _BAR, _PLUS = b"&|+"
_AFTER_REFERENCE: Final = frozenset(b"\n\r ),]\"'}\\;:|={+")
_AFTER_ARGUMENT: Final = frozenset(b",)")
_AFTER_TYPE: Final = frozenset(b",);|={[")


def is_constant(value: bytes) -> bool:
    """
    Check whether a value is the name of a constant that holds a secret: `API_SECRET`, `TOKEN`.

    Args:
        value: The value.

    Returns:
        Whether it is.
    """
    return (
        value.isupper()
        and _CONSTANT.fullmatch(value) is not None
        and not _references().isdisjoint(split_words(value.decode()))
    )


def is_description(value: bytes) -> bool:
    """
    Check whether a value describes a secret, or stands for one, by its form alone.

    Args:
        value: The value.

    Returns:
        Whether it is a sentence, a template, an address, a version, or the name of something.
    """
    if (b"{" in value or b"%" in value) and _TEMPLATE.fullmatch(value):
        return True
    if b" " in value:
        first = value[:1]
        if _MESSAGE.match(value):
            return True
        is_begun = first.isupper() or first == b":" or not first.isascii()
        return is_begun and _SENTENCE.fullmatch(value.decode(errors="replace")) is not None
    if user := _USER.match(value):
        return is_constant(user[1])
    if b"/" in value and _ADDRESS.fullmatch(value):
        return not looks_drawn(value.partition(b"#")[0])
    is_name = value.isupper() and value.count(b"_") > 1 and _CONSTANT.fullmatch(value)
    return bool(
        is_name
        or (b"_" in value and is_constant(value))
        or _VERSION.fullmatch(value)
        or _IDENTIFIED.fullmatch(value)
    )


def is_label(value: bytes, name: bytes) -> bool:
    """
    Check whether a value is a label: the secret's name in some language, or a phrase.

    Args:
        value: The value, in quotes.
        name: Its name.

    Returns:
        Whether it is.
    """
    if not (value[:1].isupper() or not value.isascii()):
        return False
    text = value.decode(errors="replace").translate(_WITHOUT_SIGNS)
    words = text.split()
    is_written = _is_written("".join(words))
    if not value.isascii() and len(words) > 1:
        has_digits = any(letter.isdigit() for letter in text)
        return not has_digits and (is_written or any(map(_is_foreign, words)))
    if len(words) >= _SENTENCE_WORDS and (is_written or is_prose(value)):
        return True
    if len(value) > _LONGEST_LABEL or not is_written:
        return False
    is_foreign = len(text) >= _LONG_FOREIGN and min(text) > "\x7f"
    is_phrase = (b" " in name and b" " in value) or (
        len(words) >= _PHRASE_WORDS and is_prose(value)
    )
    return is_foreign or is_phrase or _names().secrecy(value) == Secrecy.WHOLE


def _is_foreign(word: str) -> bool:
    return len(word) > 1 and min(word) > "\x7f" and _is_written(word)


def _is_written(text: str) -> bool:
    """Check whether a text has letters alone, with their marks."""
    return all(unicodedata.category(letter)[0] in "LM" for letter in text)


def is_expression(value: bytes, name: Name, after: int, *, is_loose: bool) -> bool:
    """
    Check whether an unquoted value is an expression of source code.

    Args:
        value: The value.
        name: Its name.
        after: The byte after it, or the sign behind a space; 0 at the end of the text.
        is_loose: Whether it stands behind a colon, or a sign with spaces around.

    Returns:
        Whether it is a variable, a call or a type.
    """
    head = value.rstrip(b":;.,!")
    if b")" in head and b"(" not in head:
        head = head.partition(b")")[0]
    if head[:1] == b"(":
        return not looks_drawn(head)
    if is_loose and (
        # A letter, the next key of a mapping, a type.
        (len(value) <= _SHORT_VARIABLE and value.isalpha())
        or value[-1:] == b":"
        or (after == _BAR and _TYPE.fullmatch(value))
    ):
        return True
    written = head.lstrip(b"&*")
    if _CALL.fullmatch(written) or _SAME_AGAIN.fullmatch(written.lstrip(b"@")):
        return True
    if (after == 0 or after in _AFTER_REFERENCE) and _SOURCE.fullmatch(head):
        return True
    written = written.strip(b"()")
    if after == _AMPERSAND or not _IDENTIFIER.fullmatch(written):
        return False
    return _is_variable(written, name, after, is_loose=is_loose)


def _is_variable(written: bytes, name: Name, after: int, *, is_loose: bool) -> bool:
    """Check whether letters are the name of a variable, as the secret's name shows."""
    words, own = split_words(written.decode()), split_words(name.text.decode(errors="replace"))
    is_setting = not is_loose and name.text.isupper() and not written.isupper()
    if words == own or (len(words) == 1 and own[-1:] == words and written.islower()):
        return True
    if len(words) == 1:
        return after == _PLUS or (after == _BAR and written[:1].isupper())
    if is_setting:
        # `MYSQL_PASSWORD=my_password`, but not in a call.
        return after in _AFTER_ARGUMENT
    if after == _PLUS or own[-1:] == words[-1:] or not _references().isdisjoint(words):
        return True
    return is_loose and not written[:1].islower() and after in _AFTER_TYPE


def may_describe(value: bytes) -> bool:
    """
    Check quickly whether a value may be a description or a label.

    Args:
        value: The value.

    Returns:
        Whether it may be one; most secrets can't.
    """
    return _UNUSUAL.search(value) is not None


@cache
def _references() -> frozenset[str]:
    return read_words("references", "words")


@cache
def _names() -> Names:
    return Names()
