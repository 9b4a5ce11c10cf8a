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

from flightlog.redaction.formats import looks_random, scheme_length
from flightlog.redaction.keys import AFTER_LAST_WORDS, LONGEST_NAME, Names, Secrecy
from flightlog.redaction.marking import MARK
from flightlog.redaction.prose import PLACEHOLDER, is_literal, is_prose, is_reference

_NAME: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.$"
_QUOTES: Final = b"\"'`"
_AFTER_SHORT_NAMES: Final = AFTER_LAST_WORDS.encode()

_MAY_FOLLOW: Final = re.compile(
    rb"(?:[\[\]\\\"'`\s]|%(?!3[aAdD])[0-9a-fA-F]{2}|(?<=\\)[nrt]){0,16}+"
    rb"(?:[:=>]|->|%3[aAdD]|\xef\xbc\x9a|\\uff1a|is\b|was\b)"
    rb"|\s{1,4}(?:\\{0,7}[\"'`]|[^\s\"\\]{0,64}[0-9])"
    rb"|[^\"\\]{0,64}+\\{0,7}\"\s{0,8}:"
)
_MAY_END_STRING: Final = re.compile(rb"\\{0,7}[\"']\s{0,8}[,}\]]")
_NO_TEXT_FOLLOWS: Final = re.compile(rb"\\{0,7}\"\s{0,8}:\s{0,8}[-0-9tfn{]")

_AFTER_NAME: Final = re.compile(
    rb"(?:\[\]|\]|%5[bB]%5[dD]|%5[dD]){0,4}(?P<quote>\\{0,7}[\"'`])?\]?[ \t\r\n]{0,16}"
    rb"(?P<sign>:=|=>|->|={1,3}|:|%3[dDaA]|\xef\xbc\x9a)(?P<space>[ \t]{0,16})"
)
_ANNOTATION: Final = re.compile(
    rb"(?:str|bytes|string|String|SecretStr|Optional\[\w{1,20}\]|[Aa]ny|str \| None)[ \t]{0,4}=[ \t]{0,4}"
)
_PAIR: Final = re.compile(
    rb"(?P<quote>\\{0,7}[\"'])[ \t\r\n]{0,16},[ \t\r\n]{0,16}(?=[bu]?\\{0,7}[\"'])"
)
_QUOTED_NEXT: Final = re.compile(rb"[ \t]{1,4}(?=\\{0,7}[\"'`])")
_VERB: Final = re.compile(rb"[ \t]{1,4}(?:is|was)[ \t:]{1,4}")
_SPACE: Final = re.compile(rb"[ \t]{1,4}")
_OPENING: Final = re.compile(rb"[bBrRuUfF]{0,2}(?P<slashes>\\{0,15})(?P<quote>[\"'`])")
_CLOSING: Final = {quote: re.compile(rb"(?<!\\)(\\*+)" + quote) for quote in (b'"', b"'", b"`")}
_BRACKET: Final = re.compile(
    rb"\"(?:[^\"\\]++|\\.)*+(?:\"|\Z)|'(?:[^'\\]++|\\.)*+(?:'|\Z)|[\[({]|[\])}]|\\.", re.DOTALL
)
_CONSTRUCTOR: Final = re.compile(
    rb"(?:[A-Z][A-Za-z]{1,40}|str|bytes)\((?:[a-z]{1,20}=)?(?=[bu]?[\"'])"
)
_BARE: Final = re.compile(
    rb"(?:[^\s&;,\"'`<>)\]}|\\]"
    rb"|&(?!amp;|[\w.%\[\]-]{1,64}=|\s|\Z)"
    rb"|[,)\]}](?![\s,;)\]}\"'`]|\Z|[\w.-]{1,64}[=:]))++"
)
_REST_OF_LINE: Final = re.compile(rb"(?:[^\r\n\\]|\\(?![nr\"']))*+")
_XML: Final = re.compile(rb"[^<>]*+(?=</|\Z)")
_WORD_OF_PASSPHRASE: Final = re.compile(rb"[^\r\n\\\"';,|]*+")
_LOOKED_AHEAD: Final = 160
_JUDGED: Final = 160
_GUESSED: Final = 40
_HEADERS: Final = re.compile(
    rb"(?i)(?:.*[.\"'])?(?:proxy-|x-)*(?:authorization|cookie|set-cookie2?|(?:x|api)-[\w-]+|[\w-]+-(?:token|key|secret|auth))"
)


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
    return (
        _MAY_END_STRING.match(json, end) is not None
        and json.rfind(b'"', max(0, start - LONGEST_NAME), start) >= 0
    )


def assigned(text: bytes, start: int, end: int, names: Names) -> tuple[int, int] | None:
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
    name = text[start:end].strip(b".-$")
    secrecy = names.secrecy(name)
    if secrecy == Secrecy.PLAIN:
        return None
    before = text[start - 1 : start] if start else b""
    sign = _AFTER_NAME.match(text, end)
    if sign is None:
        return _without_sign(text, start, end, name, secrecy)
    if sign["sign"] == b":" == before and not sign["space"]:
        return None
    place = sign.end()
    annotation = _ANNOTATION.match(text, place) if sign["sign"] == b":" else None
    if annotation:
        place = annotation.end()
    quoted = _quoted(text, place)
    if quoted is not None:
        return _unless_harmless(text, *quoted, secrecy, name)
    if PLACEHOLDER.match(text, place):
        return None
    constructed = _CONSTRUCTOR.match(text, place)
    if constructed:
        quoted = _quoted(text, constructed.end())
        told = quoted and names.secrecy(text[slice(*quoted)])
        return quoted and (None if told else _unless_harmless(text, *quoted, secrecy, name))
    if text[place : place + 1] in {b"{", b"["} and not MARK.match(text, place):
        return _bracketed(text, place) if secrecy == Secrecy.WHOLE else None
    loose = sign["sign"] == b":" or bool(sign["space"]) or sign["sign"] == b"\xef\xbc\x9a"
    if sign["sign"] == b":" and _HEADERS.fullmatch(name):
        found = _header(text, place, before if before in {b'"', b"'"} else b"", name)
        if found is not None:
            return found if found[0] < found[1] else None
    return _bare(text, place, secrecy, name, loose=loose)


def _without_sign(
    text: bytes, start: int, end: int, name: bytes, secrecy: Secrecy
) -> tuple[int, int] | None:
    before = text[start - 1 : start] if start else b""
    if before == b"<" and text[end : end + 1] == b">":
        found = _XML.match(text, end + 1)
        return _unless_harmless(text, *found.span(), secrecy, name) if found else None
    if before and before in _QUOTES:
        pair = _PAIR.match(text, end)
        opened = text[max(0, start - 3) : start].rstrip(_QUOTES + b"bu\\")[-1:]
        if pair and (opened in {b"(", b"["} or _HEADERS.fullmatch(name)):
            quoted = _quoted(text, pair.end())
            if quoted and (b"-" not in text[slice(*quoted)] or not _is_header_list(text, quoted)):
                return _unless_harmless(text, *quoted, secrecy, name)
        return None
    option = text[start : start + 2] == b"--" or text[max(0, start - 2) : start] == b"--"
    verb = _VERB.match(text, end)
    next_quoted = _QUOTED_NEXT.match(text, end)
    if next_quoted:
        quoted = _quoted(text, next_quoted.end())
        if quoted and (option or b"pass" in name.lower() or looks_random(text[slice(*quoted)], 8)):
            return _unless_harmless(text, *quoted, secrecy, name)
        return None
    space = verb or _SPACE.match(text, end)
    if space is None:
        return None
    quoted = _quoted(text, space.end()) if verb else None
    if quoted:
        return _unless_harmless(text, *quoted, secrecy, name)
    found = _BARE.match(text, space.end(), space.end() + _JUDGED)
    if found is None or MARK.match(text, space.end()) or found[0].startswith(b"-"):
        return None
    value = found[0].rstrip(b".!?:")
    if option or looks_random(value, 6) or (verb and _is_odd(value)):
        end = found.start() + len(value)
        return _unless_harmless(text, found.start(), _extended(text, found, end), secrecy, name)
    return None


def _is_odd(value: bytes) -> bool:
    return len(value) > 3 and not value.isalpha() and not is_literal(value)


def _is_header_list(text: bytes, quoted: tuple[int, int]) -> bool:
    return (
        re.fullmatch(rb"[A-Za-z]{1,20}(?:-[A-Za-z0-9]{1,20}){1,4}", text[slice(*quoted)])
        is not None
    )


def _quoted(text: bytes, place: int) -> tuple[int, int] | None:
    opening = _OPENING.match(text, place)
    if opening is None:
        return None
    # A text that was escaped n times has 2**n - 1 backslashes before its quotes, and a quote
    # within it is escaped once more. Where no quote closes it, the text was cut.
    level = len(opening["slashes"])
    search = _CLOSING[opening["quote"]]
    end = opening.end()
    for closing in search.finditer(text, end):
        slashes = len(closing[1])
        if slashes >= level and (slashes - level) // (level + 1) % 2 == 0:
            return end, closing.end() - level - 1
    return end, len(text)


def _bracketed(text: bytes, place: int) -> tuple[int, int] | None:
    depth = 0
    end = len(text)
    for found in _BRACKET.finditer(text, place):
        if found[0] in {b"{", b"[", b"("}:
            depth += 1
        elif found[0] in {b"}", b"]", b")"}:
            depth -= 1
            if depth <= 0:
                end = found.end()
                break
    return None if end - place <= len(b"[]") else (place, end)


def _header(text: bytes, place: int, quote: bytes, name: bytes) -> tuple[int, int] | None:
    ahead = text[place : place + _LOOKED_AHEAD]
    scheme = scheme_length(ahead)
    if scheme:
        return place + scheme, _end_of_bare(text, place + scheme)
    is_cookie = b"cookie" in name.lower()
    line = _REST_OF_LINE.match(ahead)
    if line is None or (is_cookie and b"=" not in line[0]):
        return None
    if not is_cookie and (b"authorization" not in name.lower() or b"=" not in line[0]):
        return None
    rest = _REST_OF_LINE.match(text, place)
    end = rest.end() if rest else place
    closing = text.find(quote, place, end) if quote else -1
    return _unless_harmless(text, place, end if closing < 0 else closing, Secrecy.WHOLE, name)


def _end_of_bare(text: bytes, place: int) -> int:
    found = None if MARK.match(text, place) else _BARE.match(text, place)
    return found.end() if found else place


def _bare(
    text: bytes, place: int, secrecy: Secrecy, name: bytes, *, loose: bool
) -> tuple[int, int] | None:
    # What is not taken must not be looked at to its end, or hostile text takes quadratic time.
    judged = _JUDGED if secrecy > Secrecy.GUESSED else _GUESSED
    found = _BARE.match(text, place, place + judged)
    if found is None or MARK.match(text, place):
        return None
    start = found.start()
    value = found[0]
    end = found.end()
    if secrecy == Secrecy.GUESSED and not looks_random(value):
        return None
    if is_literal(value) or is_reference(value, text[end : end + 1]):
        return None
    end = _end_of_bare(text, start) if len(value) == judged else end
    if not loose:
        return _unless_harmless(text, start, end, secrecy, name)
    ahead = text[place : place + _LOOKED_AHEAD]
    line = ahead.splitlines()[0] if ahead.strip() else b""
    rest = line[len(value) :].lstrip(b" \t")
    alone = not rest or not rest[:1].isalpha()
    if is_prose(value) or (not alone and is_prose(line)):
        if looks_random(value, 6):
            return _unless_harmless(text, start, end, secrecy, name)
        return None
    if not alone and b"pass" in name.lower():
        phrase = _WORD_OF_PASSPHRASE.match(text, place)
        end = max(end, phrase.end()) if phrase else end
        return _unless_harmless(text, start, end, secrecy, name)
    if alone or looks_random(value, 6) or _is_odd(value.rstrip(b".!?")):
        return _unless_harmless(text, start, end, secrecy, name)
    return None


def _extended(text: bytes, found: re.Match[bytes], end: int) -> int:
    return _end_of_bare(text, found.start()) if len(found[0]) >= _JUDGED else end


def _unless_harmless(
    text: bytes, start: int, end: int, secrecy: Secrecy, name: bytes
) -> tuple[int, int] | None:
    value = text[start : min(end, start + _JUDGED)]
    start += len(value) - len(value.lstrip())
    end -= len(value) - len(value.rstrip()) if end - start <= _JUDGED else 0
    if start >= end:
        return None
    if b"auth" in name.lower():
        start += scheme_length(text[start : min(end, start + _LOOKED_AHEAD)])
    value = text[start : min(end, start + _JUDGED)]
    if MARK.fullmatch(value) or is_literal(value):
        return None
    if secrecy == Secrecy.GUESSED and not looks_random(value):
        return None
    if name.lower().endswith(b"pwd") and value[:1] == b"/":
        return None
    return start, end
