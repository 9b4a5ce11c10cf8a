"""
Read a query: a recursive descent parser over the text.

`scanner` reads single words, names and JSON; this module owns the grammar:

    or    = and { "OR" and }
    and   = unary { ["AND"] unary }
    unary = "NOT" unary | "(" or ")" | term
    term  = JSON | ["~"] value | field ":" test
    test  = "(" value { [","] value } ")" | comparison value | value ".." value | ["~"] value
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from flightlog.errors import InvalidQueryError, QueryFault
from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Costs,
    Exact,
    Expression,
    Fragment,
    Not,
    Or,
    Part,
    Path,
    Pattern,
    Test,
)
from flightlog.query.fields import FIELDS, ORDERED, Field, Kind, suggest
from flightlog.query.operands import (
    OPERATORS,
    Reader,
    compare_times,
    make_period_test,
    read_amount,
    read_duration,
)
from flightlog.query.scanner import Scanner, is_literal

MAX_CHARACTERS: Final = 4_000
"""The longest query, characters."""
MAX_TERMS: Final = 100
"""The largest number of terms."""
MAX_DEPTH: Final = 30
"""The largest depth of parentheses and of NOT."""

_RANGE: Final = re.compile(r"(.+?)\.\.(<?)(.+)", re.DOTALL)
_ORDERED_TEXT: Final = re.compile(r"[+-]?\d")
_Operand = TypeVar("_Operand")
_WORD: Final = re.compile(r"\S+")
_AT_FAULT: Final = re.compile(r"[^\s,()\"]*")
_READERS: Final[Mapping[Kind, Callable[[str], str]]] = MappingProxyType(
    {"duration": read_duration, "number": read_amount}
)
_FORMS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "time": "2026-11-22, 2026-11-22T19:04, today, yesterday, -7d",
        "duration": "500ms, 2s, 1.5min, 1h",
        "number": "500, 0.05, 12k",
    }
)
_QUOTE_HINT: Final = "To search for the text itself, put it in quotation marks."


def parse(text: str, reader: Reader, parameter: str = "q") -> Expression | None:
    """
    Read a query.

    Args:
        text: The query.
        reader: The reader's clock and time zone.
        parameter: The name of the argument in error messages.

    Returns:
        The expression; None for an empty query, which chooses everything.

    Raises:
        InvalidQueryError: The text is no query; its `fault` has the column, and the query that was
            probably meant.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidQueryError(
            parameter,
            f"has {len(text):,} characters",
            hint=f"A query has at most {MAX_CHARACTERS:,}.",
        )
    return _Parser(text, reader, parameter).parse()


def split_terms(text: str, reader: Reader) -> tuple[str, ...]:
    """
    Split a query into the terms that every result must match.

    Args:
        text: The query.
        reader: The reader's clock and time zone.

    Returns:
        The terms as they are written; one term for a query with an outer OR.

    Raises:
        InvalidQueryError: The text is no query.
    """
    parser = _Parser(text, reader, "q")
    expression = parser.parse()
    if not isinstance(expression, And) or len(parser.outer_places) != len(expression.terms):
        return (text.strip(),) if expression is not None else ()
    return tuple(text[start:end].strip() for start, end in parser.outer_places)


def quote_pasted(text: str) -> str | None:
    """
    Write a pasted text as one value, for a text that is read as a query without being one.

    Args:
        text: The text.

    Returns:
        The text in quotation marks; None if it has fields, or is too long for a query.
    """
    if any(Scanner(word.lstrip("(")).take_field() for word in text.split()):
        return None
    escaped = text.strip().replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if len(escaped) + 2 <= MAX_CHARACTERS else None


class _UnbalancedError(InvalidQueryError):
    """A parenthesis or a quotation mark has no partner, as in pasted text."""


class _Parser:
    def __init__(self, text: str, reader: Reader, parameter: str) -> None:
        self._text = text
        self._scanner = Scanner(text)
        self._reader = reader
        self._parameter = parameter
        self._terms = 0
        self._depth = 0
        self.outer_places: list[tuple[int, int]] = []
        """The start and the end of each term outside of parentheses."""

    def parse(self) -> Expression | None:
        try:
            if self._scanner.at_end():
                return None
            expression = self._or()
            if not self._scanner.at_end():
                raise self._unbalanced(self._scanner.place, "`)` closes no parenthesis")
        except _UnbalancedError:
            if _has_syntax(self._text):
                raise
            return self._words()
        return expression

    def _words(self) -> Expression:
        # A sentence or a line of a log, perhaps cut off: `see a)`, `:-)`, `File "app.py`.
        words = list(_WORD.finditer(self._text))
        if len(words) > MAX_TERMS:
            raise self._too_many_terms(words[MAX_TERMS].start())
        self.outer_places = [word.span() for word in words]
        terms = tuple(Condition("text", Exact(word[0])) for word in words)
        return terms[0] if len(terms) == 1 else And(terms)

    def _unbalanced(
        self, place: int, fault: str, hint: str = "", missing: str = ""
    ) -> InvalidQueryError:
        suggestion = self._text.rstrip() + missing if missing else None
        return _UnbalancedError(
            self._parameter,
            _describe(place, fault),
            hint=hint or _QUOTE_HINT,
            fault=QueryFault(self._text, place + 1, 1, suggestion),
        )

    def _error(
        self,
        place: int,
        fault: str,
        hint: str,
        suggestion: str | None = None,
        end: int | None = None,
    ) -> InvalidQueryError:
        if end is None:
            end = place + len("".join(_AT_FAULT.findall(self._text[place:])[:1]))
        return InvalidQueryError(
            self._parameter,
            _describe(place, fault),
            hint=hint,
            fault=QueryFault(self._text, place + 1, end - place, suggestion),
        )

    def _replace(self, start: int, end: int, meant: str) -> str:
        return self._text[:start] + meant + self._text[end:]

    def _too_many_terms(self, place: int) -> InvalidQueryError:
        hint = f"Leave some out. {_QUOTE_HINT}"
        fault = f"there are more than {MAX_TERMS} terms"
        return self._error(place, fault, hint, quote_pasted(self._text))

    def _or(self) -> Expression:
        terms = [self._and()]
        while self._scanner.take_word("OR"):
            terms.append(self._and())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _and(self) -> Expression:
        terms = [self._placed_unary()]
        while True:
            joined = self._scanner.take_word("AND")
            if not joined and (self._scanner.at_end() or self._scanner.at_break()):
                return terms[0] if len(terms) == 1 else And(tuple(terms))
            terms.append(self._placed_unary())

    def _placed_unary(self) -> Expression:
        start = self._scanner.skip_blanks()
        term = self._unary()
        if self._depth == 0:
            self.outer_places.append((start, self._scanner.place))
        return term

    def _unary(self) -> Expression:
        place = self._scanner.skip_blanks()
        if self._depth > MAX_DEPTH:
            raise self._error(place, "the query is nested too deeply", "Write fewer parentheses.")
        for word in ("AND", "OR"):
            if self._scanner.take_word(word):
                hint = f'Write `A {word} B`, or "{word}" in quotation marks for the word.'
                fault = f"`{word}` stands between two terms"
                raise self._error(place, fault, hint, quote_pasted(self._text))
        self._depth += 1
        try:
            if self._scanner.take_word("NOT"):
                return Not(self._unary())
            if self._scanner.take("("):
                return self._group(place)
        finally:
            self._depth -= 1
        if self._scanner.at_end():
            hint = f"Write a term, e.g. `status:error`. {_QUOTE_HINT}"
            raise self._error(place, "a term is missing", hint, quote_pasted(self._text))
        if self._scanner.at(")"):
            raise self._unbalanced(place, "`)` closes no parenthesis")
        return self._term(place)

    def _group(self, place: int) -> Expression:
        self._scanner.skip_blanks()
        if self._scanner.at(")"):
            raise self._unbalanced(place, "the parentheses hold no term")
        inner = self._or()
        self._scanner.skip_blanks()
        if not self._scanner.take(")"):
            hint = f"Add `)`. {_QUOTE_HINT}"
            raise self._unbalanced(place, "the parenthesis isn't closed", hint, ")")
        return inner

    def _term(self, place: int) -> Condition:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise self._too_many_terms(place)
        json = self._scanner.take_json()
        if json is not None:
            return Condition("any", Fragment(json))
        name = self._scanner.take_field()
        if name is None:
            return Condition("text", self._value(FIELDS["text"], ends=""))
        field, path = self._field(place, *name)
        if field.stands_for is not None:
            return Condition("started", self._compared(FIELDS["started"], field.stands_for))
        return Condition(field.name, self._test(field), path)

    def _field(self, place: int, name: str, path: Path) -> tuple[Field, Path]:
        # The longest known name is the field: `error.kind`, then `error`.
        parts = [name]
        for part in path:
            if not isinstance(part, str):
                break
            parts.append(part)
        for length in range(len(parts), 0, -1):
            field = FIELDS.get(".".join(parts[:length]))
            rest = path[length - 1 :]
            if field is not None and (field.takes_path or not rest):
                return field, rest
        written = ".".join(parts)
        known = tuple(FIELDS)
        meant = suggest(written, known)
        hint = f"Did you mean `{meant}:`? " if meant else ""
        if meant is None or path:
            hint += f"A value in payloads is `any.{written}:` or e.g. `output.{written}:`. "
        end = self._scanner.place - 1
        fixed = None
        if meant and self._text.startswith(written, place):
            fixed = self._replace(place, place + len(written), meant)
        fault = f"there is no field `{written}`"
        raise self._error(place, fault, f"{hint}{_QUOTE_HINT}", fixed, end)

    def _test(self, field: Field) -> Test:
        place = self._scanner.place
        for operator in OPERATORS:
            if self._scanner.take(operator):
                if field.kind not in {*ORDERED, "payload"}:
                    hint = f"Write e.g. `{field.example}`."
                    raise self._error(
                        place, f"`{field.name}` can't be compared by `{operator}`", hint
                    )
                return self._priced(field, self._compared(field, operator))
        if field.kind in ORDERED:
            return self._priced(field, self._ordered(field))
        if self._scanner.take("("):
            return self._list(field, place)
        if field.kind == "payload" and self._scanner.peek() != '"':
            word = self._scanner.peek_word()
            found = _RANGE.fullmatch(word)
            if found is not None and all(_ORDERED_TEXT.match(found[end]) for end in (1, 3)):
                self._scanner.take(word)
                return Between(found[1], found[3], with_high=not found[2])
        return self._value(field, ends="")

    def _priced(self, field: Field, test: Between) -> Test:
        return Costs(test, self._reader.read_prices()) if field.name == "cost" else test

    def _list(self, field: Field, place: int) -> AnyOf:
        tests: list[Exact | Pattern | Part] = []
        while True:
            self._scanner.skip_blanks()
            if self._scanner.take(")"):
                break
            if self._scanner.at_end():
                meant = self._text.rstrip() + ")"
                raise self._error(place, "the list isn't closed", "Add `)`.", meant, place + 1)
            if not (self._scanner.take(",") or self._scanner.take_word("OR")):
                tests.append(self._value(field, ends=","))
        if not tests:
            raise self._error(place, "the list is empty", f"Write e.g. `{field.example}`.")
        if len(tests) > MAX_TERMS:
            raise self._error(
                place, f"the list has more than {MAX_TERMS} values", "Leave some out."
            )
        return AnyOf(tuple(tests))

    def _value(self, field: Field, ends: str) -> Exact | Pattern | Part:
        place = self._scanner.place
        is_part = self._scanner.take("~")
        is_quoted = self._scanner.peek() == '"'
        text = self._read(field, place, ends)
        if field.kind == "choice":
            return self._choice(field, place, text)
        if is_part:
            return Part(text)
        if not is_quoted and "*" in text:
            return Pattern(text)
        return Exact(text, field.kind == "payload" and not is_quoted and is_literal(text))

    def _choice(self, field: Field, place: int, text: str) -> Exact:
        if text.lower() in field.choices:
            return Exact(text.lower())
        meant = suggest(text, field.choices)
        hint = f"Did you mean `{field.name}:{meant}`? " if meant else ""
        known = ", ".join(field.choices)
        fault = f"`{text}` is no value of `{field.name}`"
        end = self._scanner.place
        fixed = self._replace(place, end, meant) if meant else None
        raise self._error(place, fault, f"{hint}The values are {known}.", fixed, end)

    def _read(self, field: Field, place: int, ends: str) -> str:
        if self._scanner.peek() == '"':
            text = self._scanner.take_quoted()
            if text is None:
                hint = 'Add `"` at the end.'
                raise self._unbalanced(place, "the quotation mark isn't closed", hint, '"')
        else:
            text = self._scanner.take_value(ends)
        if not text and not (field.kind == "payload" and self._scanner.was_quoted):
            hint = f"Write e.g. `{field.example}`."
            if field.choices:
                hint = f"The values are {', '.join(field.choices)}."
            raise self._error(place, f"`{field.name}:` has no value", hint)
        return text

    def _compared(self, field: Field, operator: str) -> Between:
        place = self._scanner.place
        text = self._read(field, place, "")
        if field.kind == "time":
            return self._operand(field, place, lambda: compare_times(operator, text, self._reader))
        if field.kind in _READERS:
            text = self._operand(field, place, lambda: _READERS[field.kind](text))
        if operator[0] == ">":
            return Between(low=text, with_low=operator == ">=")
        return Between(high=text, with_high=operator == "<=")

    def _ordered(self, field: Field) -> Between:
        place = self._scanner.place
        text = self._read(field, place, "")
        found = _RANGE.fullmatch(text)
        first, last = (found[1], found[3]) if found else (text, text)
        with_last = not (found and found[2])
        if field.kind in _READERS:
            low = self._operand(field, place, lambda: _READERS[field.kind](first))
            high = self._operand(field, place, lambda: _READERS[field.kind](last))
            return Between(low, high, with_high=with_last)
        if found is None and text.lstrip("-")[:1].isdigit() and text[-1:].isalpha():
            # `started:7d` means since seven days ago.
            return self._operand(field, place, lambda: compare_times(">=", text, self._reader))
        return self._operand(
            field, place, lambda: make_period_test(first, last, self._reader, with_last=with_last)
        )

    def _operand(self, field: Field, place: int, read: Callable[[], _Operand]) -> _Operand:
        try:
            return read()
        except (ValueError, OverflowError, OSError):
            fault = f"`{field.name}` needs a {field.kind}"
            end = self._scanner.place
            hint = f"Write e.g. {_FORMS[field.kind]}."
            raise self._error(place, fault, hint, end=end) from None


def _describe(place: int, fault: str) -> str:
    return f"can't be read at column {place + 1}: {fault}"


def _has_syntax(text: str) -> bool:
    for word in _WORD.findall(text):
        field = Scanner(word.lstrip("(")).take_field()
        if word in {"AND", "OR", "NOT"} or field is not None:
            return True
    return False
