"""
Read single parts of a query: words, quoted texts, names of fields, and pasted JSON.

Pasted text needs no quotation marks, so this module decides what is no field although it has a
colon: URLs, times, addresses with a port, and sentences.
"""

from __future__ import annotations

import json
import re
from typing import Final

import msgspec

from flightlog.query.expressions import Path
from flightlog.query.fields import FIELDS, suggest

_BLANKS: Final = re.compile(r"\s*")
_VALUE: Final = re.compile(r"[^\s\"]*")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_STEP: Final = re.compile(
    r'\.(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<name>[^\s:.()\[\]",~<>*]+))|\[(?P<place>\d{0,9})\]',
    re.DOTALL,
)
_PORT: Final = re.compile(r"\d{1,5}(?![^\s/?#),])")
_SCHEMES: Final = frozenset(
    ("arn", "data", "did", "doi", "file", "http", "https", "mailto", "sha256", "tel", "urn", "uuid")
)
_DOMAINS: Final = frozenset(
    ("app", "cloud", "com", "dev", "de", "eu", "internal", "io", "local", "net", "org", "uk")
)
_LITERAL: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def is_literal(text: str) -> bool:
    """
    Check whether a text is a JSON number, true, false or null.

    Args:
        text: Any text.

    Returns:
        True if the text is such a value.
    """
    return _LITERAL.fullmatch(text) is not None


class Scanner:
    """
    Reads a query from left to right.

    Args:
        text: The query.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.place = 0
        """The place of the next character, counted from 0."""
        self.was_quoted = False
        """Whether the latest value was in quotation marks."""

    def skip_blanks(self) -> int:
        """
        Skip blanks.

        Returns:
            The place after the blanks.
        """
        found = _BLANKS.match(self._text, self.place)
        self.place = found.end() if found else self.place
        return self.place

    def at_end(self) -> bool:
        """Skip blanks, and return whether the query has ended."""
        return self.skip_blanks() == len(self._text)

    def at(self, text: str) -> bool:
        """
        Check whether a text comes next.

        Args:
            text: The text.

        Returns:
            Whether the text comes next.
        """
        return self._text.startswith(text, self.place)

    def at_break(self) -> bool:
        """Return whether a term can't come next: a closing parenthesis or OR."""
        return self.at(")") or self._at_word("OR")

    def peek(self) -> str:
        """Return the next character; an empty text at the end."""
        return self._text[self.place : self.place + 1]

    def take(self, text: str) -> bool:
        """
        Skip a text if it comes next.

        Args:
            text: The text.

        Returns:
            Whether the text came next.
        """
        taken = self.at(text)
        if taken:
            self.place += len(text)
        return taken

    def take_word(self, word: str) -> bool:
        """
        Skip blanks and a whole word if it comes next.

        Args:
            word: The word.

        Returns:
            Whether the word came next.
        """
        self.skip_blanks()
        return self._at_word(word) and self.take(word)

    def _at_word(self, word: str) -> bool:
        after = self._text[self.place + len(word) : self.place + len(word) + 1]
        return self.at(word) and (not after or after.isspace() or after in "()")

    def peek_word(self) -> str:
        """Return the word that comes next, without reading it."""
        start = self.place
        word = self.take_value("")
        self.place = start
        return word

    def take_value(self, ends: str) -> str:
        """
        Read a value without quotation marks.

        Args:
            ends: Characters that end the value, besides blanks.

        Returns:
            The value. It ends before a parenthesis that it has not opened.
        """
        self.was_quoted = False
        depth = 0
        start = self.place
        while self.place < len(self._text):
            letter = self._text[self.place]
            if letter.isspace() or (letter in ends and not depth):
                break
            if letter == ")":
                if not depth:
                    break
                depth -= 1
            depth += letter == "("
            self.place += 1
        return self._text[start : self.place]

    def take_quoted(self) -> str | None:
        r"""
        Read a text in quotation marks, with `\"` and `\\`.

        Returns:
            The text; None if it has no end.
        """
        found = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(self._text, self.place)
        if found is None:
            return None
        self.place = found.end()
        self.was_quoted = True
        return _ESCAPED.sub(r"\1", found[1])

    def take_field(self) -> tuple[str, Path] | None:
        """
        Read the name of a field with its path and colon.

        Returns:
            The name and the path; None, and nothing is read, if the next word is no field.
        """
        found = _NAME.match(self._text, self.place)
        if found is None:
            return None
        end = found.end()
        path: list[str | int] = []
        while (step := _STEP.match(self._text, end)) is not None:
            end = step.end()
            if step["place"]:
                path.append(int(step["place"]))
            elif step["name"] is not None:
                path.append(step["name"])
            elif step["quoted"] is not None:
                path.append(_ESCAPED.sub(r"\1", step["quoted"]))
        if self._text[end : end + 1] != ":" or self._is_pasted(found[0], end + 1):
            return None
        self.place = end + 1
        return found[0], tuple(path)

    def _is_pasted(self, name: str, place: int) -> bool:
        after = self._text[place : place + 1]
        if name in FIELDS:
            return after.isspace() or self._text.startswith("//", place)
        if not after or after.isspace() or after in ":/\\'" or name.lower() in _SCHEMES:
            return True
        end = _VALUE.match(self._text, place)
        if end is not None and ":" in end[0] and suggest(name, tuple(FIELDS)) is None:
            # A key such as `user:7021:profile`.
            return True
        host = self._text[self.place : place - 1]
        has_host = host == "localhost" or host.rpartition(".")[2] in _DOMAINS
        return has_host and _PORT.match(self._text, place) is not None

    def take_json(self) -> str | None:
        """
        Read a pasted JSON object, list or member.

        Returns:
            The JSON without blanks; None, and nothing is read, if no JSON comes next.
        """
        if self.peek() in {"{", "["}:
            return self._take_value(self.place, "{}")
        if self.peek() != '"':
            return None
        start = self.place
        name = self.take_quoted()
        end, self.place = self.place, start
        if name is None:
            return None
        colon = _BLANKS.match(self._text, end)
        after = colon.end() if colon else end
        if self._text[after : after + 1] != ":":
            return None
        value = _BLANKS.match(self._text, after + 1)
        return self._take_value(
            value.end() if value else after + 1, f"{{{self._text[start:end]}:{{}}}}"
        )

    def _take_value(self, place: int, form: str) -> str | None:
        try:
            _, end = _decoder.raw_decode(self._text, place)
            fragment = form.replace("{}", self._text[place:end], 1)
            if form == "{}":
                fragment = self._text[place:end]
            compact = msgspec.json.format(fragment, indent=-1)
            msgspec.json.decode(compact, type=msgspec.Raw)
        except (ValueError, RecursionError):
            return None
        # A trailing comma belongs to the pasted text.
        self.place = end + (self._text[end : end + 1] == ",")
        return compact


_decoder: Final = json.JSONDecoder(parse_int=str, parse_float=str)
