r"""
Secrets that a name in running text gives away: `password=x`, `"apiKey": "x"`, `Cookie: a=b`.

Text is JSON cut short, a form, a URL, a log line, a Python repr, source code in a stack, XML, a
command line. It owns where the value of a name starts and ends there, and what is no value at all
(`password is required`, `token = get_token()`). What it finds is what goes, without its quotes.

Patterns here are of Python's `re`, since each is tried in one place. Those that can fail look at a
bounded number of bytes; those that don't, use up what they look at.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.redaction import markup, values
from flightlog.redaction.formats import looks_random
from flightlog.redaction.keys import LONGEST_NAME, Name, Names
from flightlog.redaction.marking import MARK
from flightlog.redaction.prose import PLACEHOLDER
from flightlog.redaction.tables import may_be_head
from flightlog.redaction.values import Span
from flightlog.redaction.vocabulary import AFTER_LAST_WORDS, Secrecy

_NAME: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.$"
_QUOTES: Final = b"\"'`"
_AFTER_SHORT_NAMES: Final = AFTER_LAST_WORDS.encode()

_MAY_FOLLOW: Final = re.compile(
    rb"(?:[\[\]\\\"'`\s]|%(?!3[aAdD])[0-9a-fA-F]{2}|(?<=\\)[nrt]){0,16}+"
    rb"(?:[:=>]|->|/>|&(?:amp;)?gt;|%3[aAdD]|\xef\xbc\x9a|\\uff1a"
    rb"|(?:(?:for|of)\s\S{1,40}\s)?(?:is|was|ist|est|es)\b)"
    rb"|\s{1,4}(?:\\{0,7}[\"'`]|[^\s\"\\]{0,64}[0-9])"
    rb"|[^\"\\]{0,64}+\\{0,7}\"\s{0,8}:"
    rb"|\\{1,15}\"(?:;|\\{1,15}[rn])"
    rb"|(?:\\{0,7}[\"'])?(?:\s|\\{1,15}[nrt]){1,16}[A-Za-z][\w:.-]{0,63}\s?=\s?\\{0,7}[\"']"
)
_MAY_END_STRING: Final = re.compile(rb"\\{0,7}[\"']\s{0,8}[,}\]]")
_NO_TEXT_FOLLOWS: Final = re.compile(rb"\\{0,7}\"\s{0,8}:\s{0,8}[-0-9tfn{]")

_AFTER_NAME: Final = re.compile(
    rb"(?:\[\]|\]|%5[bB]%5[dD]|%5[dD]){0,4}(?P<quote>\\{0,7}[\"'`])?\]?[ \t\r\n]{0,16}"
    rb"(?P<sign>:=|=>|->|={1,3}|:|%3[dDaA]|\xef\xbc\x9a)(?P<space>[ \t]{0,16})"
)
_ANNOTATION: Final = re.compile(
    rb"(?:str|bytes|string|String|SecretStr|Optional\[\w{1,20}\]|[Aa]ny|str \| None)"
    rb"[ \t]{0,4}=[ \t]{0,4}"
)
_PAIR: Final = re.compile(
    rb"(?P<quote>\\{0,7}[\"'])[ \t\r\n]{0,16},[ \t\r\n]{0,16}(?=[bu]?\\{0,7}[\"'])"
)
_VERB: Final = re.compile(
    rb"[ \t]{1,4}(?:(?:for|of)[ \t]\S{1,40}[ \t])?(?:is|was|ist|est|es)[ \t:]{1,4}"
)
_SPACE: Final = re.compile(rb"[ \t]{1,4}")
_CONSTRUCTOR: Final = re.compile(
    rb"(?:[A-Z][A-Za-z]{1,40}|str|bytes)\((?:[a-z]{1,20}=)?(?=[bu]?[\"'])"
)
_FORM_PART: Final = re.compile(rb"\"(?:;[^\r\n]{0,200}+)?(?:\r?\n[^\r\n]{1,200}+){0,4}+\r?\n\r?\n")
_FORM_LINE: Final = b"form-data"
_FORM_LINE_BYTES: Final = 200
_HEADERS: Final = re.compile(
    rb"(?i)(?:.*[.\"'])?(?:proxy-|x-)*(?:authorization|cookie|set-cookie2?|(?:x|api)-[\w-]+"
    rb"|[\w-]+-(?:token|key|secret|auth))"
)
_LISTED: Final = re.compile(rb"[A-Za-z]{1,20}(?:-[A-Za-z0-9]{1,20}){1,4}")
"""Another header's name, where names are listed."""
_WIDE_COLON: Final = b"\xef\xbc\x9a"
_SHORTEST_QUOTED: Final = 8


def name_around(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Find the name of which a needle is a part."""
    if text[end - 1] in _AFTER_SHORT_NAMES:
        end -= 1
    before = text[start - LONGEST_NAME if start > LONGEST_NAME else 0 : start]
    after = text[end : end + LONGEST_NAME]
    return (
        start - len(before) + len(before.rstrip(_NAME)),
        end + len(after) - len(after.lstrip(_NAME)),
    )


def may_assign(json: bytes, start: int, end: int, names: Names) -> bool:
    r"""
    Whether a name may be followed by its value, in text or in JSON whose escapes aren't undone.

    Args:
        json: The text.
        start: Where the name starts, as `name_around` says.
        end: Where it ends.
        names: Judges it.
    """
    secrecy = names.secrecy(json[start:end])
    if not secrecy:
        # A name may be escaped, and an escape's letter before it is not part of it: `\ntoken`.
        if json[start - 1 : start] == b"\\":
            secrecy = names.secrecy(json[start + 1 : end])
        if not secrecy:
            return b"\\" in json[start:end]
    if secrecy < Secrecy.WHOLE and _NO_TEXT_FOLLOWS.match(json, end):
        return False
    if _MAY_FOLLOW.match(json, end) or json[start : start + 2] == b"--":
        return True
    if may_be_head(json, start, end):
        return True
    if _MAY_END_STRING.match(json, end) is None:
        return False
    quote = json.rfind(b'"', max(0, start - LONGEST_NAME), start)
    whole = json[quote + 1 : end]
    return quote >= 0 and (b"\\" in whole or names.secrecy(whole) != Secrecy.PLAIN)


def assigned(text: bytes, start: int, end: int, names: Names) -> Span | None:
    """
    Find the secret value that a name has in running text.

    Args:
        text: With its escapes undone.
        start: Where the name starts, as `name_around` says.
        end: Where it ends.
        names: Judges it.

    Returns:
        Where the value starts and ends, without its quotes; None when there is none.
    """
    name = names.judged(text[start:end].strip(b".-$"))
    if name.secrecy == Secrecy.PLAIN:
        return None
    sign = _AFTER_NAME.match(text, end)
    if sign is not None:
        return _after_sign(text, start, sign, name, names)
    before = text[start - 1 : start] if start else b""
    value = markup.value_of(text, start, end)
    if value is not None:
        return values.unless_harmless(text, *value, name)
    part = _FORM_PART.match(text, end) if before == b'"' else None
    if part is not None and _FORM_LINE in text[max(0, start - _FORM_LINE_BYTES) : start].lower():
        return values.of_form_part(text, part.end(), name)
    if before and before in _QUOTES:
        return _in_pair(text, start, end, name)
    return _in_words(text, start, end, name)


def _after_sign(
    text: bytes, start: int, sign: re.Match[bytes], name: Name, names: Names
) -> Span | None:
    colon = sign["sign"] == b":"
    before = text[start - 1 : start] if start else b""
    if colon and before == b":" and not sign["space"]:
        # `arn:aws:secret:app` is a list of its own.
        return None
    annotation = _ANNOTATION.match(text, sign.end()) if colon else None
    place = annotation.end() if annotation else sign.end()
    constructed = _CONSTRUCTOR.match(text, place)
    quoted = values.quoted(text, constructed.end() if constructed else place)
    if quoted:
        # `Header("X-Api-Key")` names a secret.
        is_name = constructed and names.secrecy(text[slice(*quoted)])
        return None if is_name else values.unless_harmless(text, *quoted, name)
    if PLACEHOLDER.match(text, place):
        return None
    if text[place : place + 1] in {b"{", b"["} and not MARK.match(text, place):
        return values.bracketed(text, place) if name.secrecy == Secrecy.WHOLE else None
    quote = before if before in {b'"', b"'"} else b""
    is_header = colon and _HEADERS.fullmatch(name.text)
    header = values.of_header(text, place, quote, name) if is_header else None
    if header is not None:
        return header if header[0] < header[1] else None
    loose = sign["sign"] in {b":", _WIDE_COLON} or bool(sign["space"])
    return values.bare(text, place, name, loose=loose)


def _in_pair(text: bytes, start: int, end: int, name: Name) -> Span | None:
    pair = _PAIR.match(text, end)
    opened = text[max(0, start - 3) : start].rstrip(_QUOTES + b"bu\\")[-1:]
    if pair is None or not (opened in {b"(", b"["} or _HEADERS.fullmatch(name.text)):
        return None
    quoted = values.quoted(text, pair.end())
    if quoted is None or _LISTED.fullmatch(text, *quoted):
        return None
    return values.unless_harmless(text, *quoted, name)


def _in_words(text: bytes, start: int, end: int, name: Name) -> Span | None:
    verb = _VERB.match(text, end)
    space = verb or _SPACE.match(text, end)
    if space is None:
        return None
    option = b"--" in text[max(0, start - 2) : start + 2]
    quoted = values.quoted(text, space.end())
    if quoted:
        plain = not (option or verb or b"pass" in name.lower)
        if plain and not looks_random(text[slice(*quoted)], _SHORTEST_QUOTED):
            return None
        return values.unless_harmless(text, *quoted, name)
    if option:
        return values.of_option(text, space.end(), name)
    return values.in_sentence(text, space.end(), name, after_verb=verb is not None)
