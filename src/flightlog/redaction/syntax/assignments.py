"""
Values after a name: behind a sign, in a call, in a block, on the lines below.

`key=value` and `key: value` lines, INI, dotenv, logfmt, members of JSON, source code, DSNs;
`setPassword("x")`; `variable "db_password" { default = "x" }`, as in HCL; YAML's block scalars and
next lines, and heredocs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.judge import is_odd
from flightlog.redaction.names import Name, Secrecy
from flightlog.redaction.patterns import NEWLINE, pattern
from flightlog.redaction.reading import BARE, LOOSE, NUMBER, QUOTED, SURE, WORD, Value
from flightlog.redaction.shapes import PLACEHOLDER, is_literal, is_prose, looks_random
from flightlog.redaction.spans import MARK
from flightlog.redaction.syntax import containers, headers

FOLLOWS: Final = (
    rb"(?:\]|%5[bB]%5[dD]|%5[dD]){0,4}(?:(?P<quote>(?&quote))(?P<closed>[\])]{0,2})(?&blank){0,48}"
    rb"|(?P<called>\))?[\])]{0,2}[ \t]{0,48})\\{0,15}"
    rb"(?P<sign>:=|=>|->|[=!]={1,2}|=|:(?!:)|\xef\xbc\x9a|\\{1,15}u[fF]{2}1[aA])"
    rb"(?P<space>[ \t]{0,16})"
)
_ANNOTATION: Final = pattern(
    rb"(?:&(?:'\w{1,16} )?(?:mut )?)?[A-Za-z_][\w.]{0,30}(?:\[[^\]\"'\\]{0,40}\])?"
    rb"(?: ?\| ?None)?[ \t]{0,4}=[ \t]{0,4}(?=[bBrRuU]?(?&quote))"
)
_CONSTRUCTOR: Final = pattern(
    rb"(?:[\w.:]{1,60}(?:getenv|environ\.get|get_env|env)\(\s?(?&quote)\w{1,64}"
    rb"(?&quote)\s?,\s?|(?:[A-Z]\w{1,40}|str|bytes|String|new \w{1,40})\((?:[a-z]{1,20}=)?)"
    rb"(?=[bu]?(?&quote))"
)
_ENCLOSED: Final = pattern(rb"\((?&blank){0,8}(?=[bBrRuUfF]?(?&quote))")
_JOINED: Final = pattern(
    rb"(?&blank){0,8}(?:\+|\.\.?|->|\\\\\n|&)?(?&blank){0,8}(?=[bru]?(?&quote))"
)
_NUMBER: Final = pattern(rb"-?[0-9][0-9.eE+-]*+(?=\s{0,16}(?:[,}\]]|\\{1,15}n|\Z))")
_BLANKS: Final = pattern(rb"(?&blank){0,64}")
_LINE: Final = pattern(rb"[^\r\n\\\"']{0,160}")
_PASSPHRASE: Final = pattern(
    # A few words, up to the next pair of the line.
    rb"[^\s\\\"';,|]{1,64}+(?:[ \t]{1,4}[^\s\\\"';,|=:]{1,64}+(?![=:\w])){0,11}+"
)
_CODES: Final = pattern(rb"[\w-]{4,24}(?:,[ ]?[\w-]{4,24}){1,30}+")
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_WORDS: Final = frozenset(_LETTERS[at : at + 1] for at in range(len(_LETTERS)))
_TYPES_BEGIN: Final = _WORDS | {b"&"}
_QUOTES_OR_PREFIXES: Final = frozenset(b"\" ' ` \\ b B r R u U f F N @ $".split())
_LINE_END: Final = pattern(rb"[ \t]{0,8}(?&newline)")
_CASE: Final = pattern(rb"(?:\b|\\[nrt])case (?&quote)[\w/.-]{0,60}\Z")
"""The beginning of a branch, behind whose colon a statement stands."""
_FENCE: Final = pattern(rb"(?&blank){0,8}```")
_CASE_BYTES: Final = 80
_COMPARISONS: Final = frozenset({b"==", b"===", b"!=", b"!=="})
_IDENTIFIER: Final = pattern(rb"[A-Za-z_.]{1,60}[:;]?")
_NUMBERS: Final = frozenset(b"- 0 1 2 3 4 5 6 7 8 9".split())
_ENDS: Final = frozenset(b", } ] ) ;".split())
_SPECIAL: Final = frozenset(b"[ ? < { $ %".split())
_BRACKETS: Final = frozenset({b"{", b"["})
_BLOCKS: Final = frozenset({b"|", b">", b"\r", b"\n", b"\\", b"<", b"!", b"&"})
_TAG: Final = pattern(rb"(?:!!?[\w:/.-]{0,40}|&[\w-]{1,40})[ \t]{1,4}(?=[^\s|>\\=])")
"""A tag or an anchor of YAML before the value."""
_WIDE: Final = (b"\xef", b"\\")
_MOST_PIECES: Final = 32
CALL: Final = rb"(?P<call>\([ \t]{0,4}(?=[bBrRuUN@]?(?&quote)))"
_SETTERS: Final = re.compile(
    rb"(?:.*[.>])?(?:set|with|add|put|use|password|PASSWORD)(?![a-z]).*|[A-Z]{4,20}", re.DOTALL
)
BLOCK: Final = rb"(?P<block>(?&quote)[ \t]{0,8}\{)"
_DEFAULT: Final = pattern(
    rb"[^{}]{0,400}?\b(?:default|value)(?&blank){0,8}[=:](?&blank){0,8}(?=(?&quote))"
)
_SCALAR: Final = pattern(
    rb"(?:(?:!!?[\w/:.-]{1,40}|&\w{1,40})[ \t]{1,4})?[|>][-+]?[0-9]?[-+]?[ \t]{0,8}"
    rb"(?:#[^\r\n\\]{0,80})?(?&newline)"
)
_INDENT: Final = pattern(rb"[ ]{1,64}|(?:\t|\\{1,15}t){1,16}")
_NEXT_LINE: Final = pattern(
    rb"(?&newline)(?P<indent>[ ]{1,64})(?![-#])(?P<value>[^\s\"'\\:{}\[\]]{4,200}+)"
    rb"(?=[ \t]{0,8}(?:(?&newline)|\Z))"
)
_WHOLE_LINE: Final = pattern(rb"(?:[^\r\n\\]|\\{1,15}(?![nr\"']))*+")
_NEWLINE: Final = pattern(rb"(?&newline)")
_HEREDOC: Final = pattern(rb"<<[-~]?\\{0,15}[\"']?(?P<word>\w{1,40})\\{0,15}[\"']?(?&newline)")
_BEFORE: Final = pattern(rb"[\r\n]|\\n")
_INDENT_BYTES: Final = 64


def read(
    text: bytes, start: int, found: re.Match[bytes], limit: int, name: Name
) -> Sequence[Value]:
    """
    Find the values after a sign.

    Args:
        text: The text, its escapes not undone.
        start: Where the name starts.
        found: What stands between the name and the value, as `FOLLOWS` found it.
        limit: Where the text, or the string of JSON around the place, ends.
        name: The name, judged.

    Returns:
        The values: more than one for a concatenation or a container.
    """
    sign = found["sign"]
    colon = sign == b":" or sign[:1] in _WIDE
    structured = found["quote"] is not None
    if _is_passed(text, start, found, limit, name, colon=colon):
        return ()
    place = found.end()
    skipped = (_BLANKS if structured else _TAG).match(text, place, limit)
    if skipped and (structured or colon):
        place = skipped.end()
    place = _skip_type(text, place, limit, colon=colon)
    first = text[place : place + 1]
    if first in _QUOTES_OR_PREFIXES:
        pieces = _quoted(text, place, limit)
        if pieces:
            # `input("Password: ")` asks for a password.
            return pieces if structured or not reading.closes_text(text, start, place) else ()
    special = _special(text, start, place, limit, name, is_member=structured)
    if special is not None:
        return special
    if colon and name.is_header:
        quote = text[start - 1 : start]
        line = headers.rest_of_line(
            text, place, limit, quote if quote in {b'"', b"'"} else b"", name
        )
        if line is not None:
            return (line,)
    end = reading.judged_end(text, place, limit)
    is_code = found["closed"] or found["called"] or sign in _COMPARISONS
    if end == place or (is_code and _IDENTIFIER.fullmatch(text, place, end)):
        # `headers['Cookie'] = value`, `def f(password): return`, `token == other`.
        return ()
    return (
        _loose(text, place, end, limit, name) if colon or found["space"] else ((place, end, BARE),)
    )


def _is_passed(
    text: bytes, start: int, found: re.Match[bytes], limit: int, name: Name, *, colon: bool
) -> bool:
    """Check whether no value of the name stands behind the sign."""
    place, sign, quote = found.end(), found["sign"], found["quote"]
    if name.lower.endswith(b"auth") and _ENCLOSED.match(text, place, limit):
        # In `auth=("bob", "x")` the second text is secret.
        return True
    if sign == text[start - 1 : start] == b":" and not found["space"]:
        # `arn:aws:secret:app` is a list.
        return True
    if not colon:
        # `old_password` -> `password` speaks of names.
        return quote == b"`" and sign == b"->"
    # A sentence of Markdown, or `def f(token="x"):`, introduces the next lines.
    is_head = quote == b"`" or found["called"] or b")" in (found["closed"] or b"")
    if _FENCE.match(text, place, limit) or (is_head and _LINE_END.match(text, place, limit)):
        return True
    return quote is not None and bool(_CASE.search(text, max(0, start - _CASE_BYTES), start))


def _special(
    text: bytes, start: int, place: int, limit: int, name: Name, *, is_member: bool
) -> Sequence[Value] | None:
    """Read a number of JSON, a container or a block; None where something else stands."""
    first = text[place : place + 1]
    if is_member and first in _NUMBERS and (number := _NUMBER.match(text, place, limit)):
        return ((place, number.end(), NUMBER),)
    if first in _SPECIAL and (MARK.match(text, place) or PLACEHOLDER.match(text, place)):
        return ()
    if first in _BRACKETS:
        return containers.read(text, place, limit, name)
    return _below(text, start, place, limit, name) if first in _BLOCKS else None


def _skip_type(text: bytes, place: int, limit: int, *, colon: bool) -> int:
    """Skip a type, as in `password: str = 'x'`, and a call or a bracket: `SecretStr('x')`."""
    first = text[place : place + 1]
    if first == b"(":
        enclosed = _ENCLOSED.match(text, place, limit)
        return enclosed.end() if enclosed else place
    if first not in _TYPES_BEGIN:
        return place
    annotated = _ANNOTATION.match(text, place, limit) if colon else None
    place = annotated.end() if annotated else place
    constructed = _CONSTRUCTOR.match(text, place, limit)
    return constructed.end() if constructed else place


def _quoted(text: bytes, place: int, limit: int) -> list[Value]:
    pieces: list[Value] = []
    while len(pieces) < _MOST_PIECES:
        span = reading.quoted(text, place, limit)
        if span is None:
            break
        pieces.append((span[0], span[1], QUOTED))
        if text[span[2] : span[2] + 1] in _ENDS:
            break
        joined = _JOINED.match(text, span[2], limit)
        if joined is None or not joined[0].strip(b" \t"):
            break
        place = joined.end()
    return pieces


def _loose(text: bytes, place: int, end: int, limit: int, name: Name) -> Sequence[Value]:
    """Read a value where a sentence may stand as well, as after `password: `."""
    value = text[place : min(end, place + reading.JUDGED)]
    found = _LINE.match(text, place, limit)
    line = found[0] if found else value
    if name.lower.endswith(b"codes") and (codes := _CODES.match(text, place, limit)):
        return ((*codes.span(), LOOSE),)
    rest = line[len(value) :].lstrip(b" \t")
    alone = not rest or not (rest[:1].isalpha() or rest[:1] == b"`")
    prose = is_prose(value) or (not alone and is_prose(line))
    if not alone and not prose and b"pass" in name.lower and not is_literal(value):
        phrase = _PASSPHRASE.match(text, place, limit)
        return ((place, max(end, phrase.end()) if phrase else end, LOOSE),)
    if not looks_random(value, 6) and (prose or not (alone or is_odd(value))):
        return ()
    return ((place, end, LOOSE),)


def _below(text: bytes, start: int, place: int, limit: int, name: Name) -> Sequence[Value] | None:
    """
    Find a value on the lines after its name.

    Returns:
        The value; None when none stands there.
    """
    block = _SCALAR.match(text, place, limit)
    if block is not None:
        indent = _INDENT.match(text, block.end(), limit)
        if indent is None:
            return ()
        how = SURE if name.secrecy >= Secrecy.TEXT else BARE
        return ((indent.end(), _indented_end(text, block.end(), limit, indent[0]), how),)
    heredoc = _HEREDOC.match(text, place, limit)
    if heredoc is not None:
        end = re.compile(NEWLINE + rb"[ \t]{0,64}" + heredoc["word"] + rb"\b").search(
            text, heredoc.end(), limit
        )
        return ((heredoc.end(), end.start() if end else limit, SURE),)
    following = _NEXT_LINE.match(text, place, limit)
    if following is None or len(following["indent"]) <= _indent_before(text, start):
        return None
    return ((*following.span("value"), BARE),)


def _indented_end(text: bytes, place: int, limit: int, indent: bytes) -> int:
    """Find the end of the lines that are indented as the first one is."""
    end = place
    while text.startswith(indent, place) and place < limit:
        line = _WHOLE_LINE.match(text, place, limit)
        end = line.end() if line else limit
        following = _NEWLINE.match(text, end, limit)
        if following is None:
            break
        place = following.end()
    return end


def _indent_before(text: bytes, start: int) -> int:
    before = text[max(0, start - _INDENT_BYTES) : start]
    return len(before) - len(before.rstrip(b" "))


def read_call(text: bytes, place: int, limit: int, name: Name) -> Sequence[Value]:
    """
    Find the first argument of a call.

    Args:
        text: The text, its escapes not undone.
        place: Where the argument may start.
        limit: Where the text, or the string of JSON around the place, ends.
        name: The name, judged.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    span = reading.quoted(text, place, limit)
    if span is None:
        return ()
    return ((span[0], span[1], QUOTED if _SETTERS.fullmatch(name.text) else WORD),)


def read_block(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find the default or the value in a block.

    Args:
        text: The text, its escapes not undone.
        place: Where the block starts, behind its brace.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    found = _DEFAULT.match(text, place, limit)
    span = reading.quoted(text, found.end(), limit) if found else None
    return ((span[0], span[1], QUOTED),) if span else ()
