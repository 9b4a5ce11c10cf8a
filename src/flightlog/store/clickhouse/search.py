"""
Find the executions that may have a text, by the text index of payloads.

The index splits payloads at everything but ASCII letters and digits. It only chooses candidates,
and the test of the query decides. A payload in which the index may miss a word is odd, and always a
candidate: one with escaped letters, or with letters whose folded case has ASCII letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from flightlog.query.expressions import And, Condition, Exact, Expression, Part, Pattern, Test
from flightlog.query.operands import read_number
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.payloads import ESCAPE
from flightlog.store.server.scanning import FEW_CANDIDATES

_FIELDS: Final = frozenset(("text", "any", "trigger", "input", "output", "logs"))
_TOKEN: Final = re.compile(r"[a-z0-9]+")
_SHORTEST: Final = 2
"""Shorter tokens occur in nearly all payloads."""
_MOST_HASHES: Final = 20_000
"""The payloads beyond which a text is frequent, and the newest executions are searched for it."""

_ODD_TEXT: Final = (
    "multiSearchAnyCaseInsensitive({text}, [%(token)s, %(escape)s]) OR NOT isASCII({text})"
)
_HASHES: Final = (
    # The bytes are searched first, because parts that aren't merged yet have no index.
    "SELECT hash FROM payloads WHERE positionCaseInsensitive(data, %(token)s) > 0 "
    "AND hasAllTokens(data, %(tokens)s) UNION ALL "
    "SELECT hash FROM payloads WHERE is_odd"
)
_NODE_TEXT: Final = "concat(node_id, ' ', node_name_r.3, ' ', error_r.4, ' ', {inline})"
_EXECUTION_TEXT: Final = (
    "concat(execution_id, '@run-', run_id, ' ', workflow_id_r.3, ' ', workflow_name_r.3, ' ', "
    "name_r.3, ' ', error_r.4, ' ', tags_r.3, ' ', {inline})"
)


class FewCandidates(Struct, frozen=True):
    """All executions that may match; see `Candidates`."""

    ordinals: Sequence[int]
    """Their numbers."""

    def list_few(self, most: int, /) -> list[int] | None:
        """List all candidates if there are few; see `Candidates.list_few`."""
        return list(self.ordinals) if len(self.ordinals) <= most else None

    def select_among(self, ordinals: Sequence[int], /) -> set[int]:
        """Select the candidates of a list; see `Candidates.select_among`."""
        return set(self.ordinals).intersection(ordinals)


def find_candidates(connection: Connection, expression: Expression) -> FewCandidates | None:
    """
    Find the executions that an expression may choose.

    Args:
        connection: The connection.
        expression: The expression.

    Returns:
        The executions; None if the index does not narrow the expression, or there are many.
    """
    tokens = max(_list_choices(expression), key=_measure, default=())
    if not tokens:
        return None
    bound = {
        "tokens": list(tokens),
        "token": max(tokens, key=len),
        "escape": ESCAPE.decode(),
        "most": _MOST_HASHES + 1,
    }
    hashes = connection.fetch_all(f"SELECT DISTINCT hash FROM ({_HASHES}) LIMIT %(most)s", bound)
    if len(hashes) > _MOST_HASHES:
        return None
    bound["hashes"] = [row[0] for row in hashes] or [""]
    bound["most"] = FEW_CANDIDATES + 1
    rows = connection.fetch_all(
        "SELECT DISTINCT ordinal FROM places WHERE (execution_id, run_id) IN ("
        f"{_write_holders('node_registers', _NODE_TEXT, ('input_r.5', 'output_r.5', 'logs_r.5'))} "
        "UNION ALL "
        f"{_write_holders('execution_registers', _EXECUTION_TEXT, ('trigger_data_r.5',))} "
        # The text of a presumed crash is not stored.
        "OR (status_r.1 = 2 AND status_r.3 = 4)) LIMIT %(most)s",
        bound,
    )
    return None if len(rows) > FEW_CANDIDATES else FewCandidates([row[0] for row in rows])


def _write_holders(table: str, text: str, columns: Sequence[str]) -> str:
    held = " OR ".join(f"{column} IN %(hashes)s" for column in columns)
    inline = ", ' ', ".join(f"if(startsWith({column}, '#'), '', {column})" for column in columns)
    condition = _ODD_TEXT.format(text=text.format(inline=inline))
    return f"SELECT execution_id, run_id FROM {table} WHERE {held} OR {condition}"


def _measure(tokens: Sequence[str]) -> int:
    return max(map(len, tokens), default=0)


def _list_choices(expression: Expression) -> Iterator[tuple[str, ...]]:
    """List the tokens that one payload, or one text, of each matching execution has together."""
    if isinstance(expression, And):
        for term in expression.terms:
            yield from _list_choices(term)
    elif isinstance(expression, Condition) and expression.field in _FIELDS:
        names = [step for step in expression.path if isinstance(step, str)]
        found = [*_list_tokens(expression.test, is_text=expression.field == "text")]
        found += [token for name in names for token in _split(name)]
        tokens = tuple(dict.fromkeys(token for token in found if len(token) >= _SHORTEST))
        if tokens:
            yield tokens


def _list_tokens(test: Test, *, is_text: bool) -> Iterator[str]:
    if isinstance(test, Exact):
        if is_text or not test.is_literal or read_number(test.text) is None:
            yield from _split(test.text)
    elif isinstance(test, Part):
        yield from _split_inner(test.text)
    elif isinstance(test, Pattern):
        for piece in test.text.split("*"):
            yield from _split_inner(piece)


def _split(text: str) -> list[str]:
    # Other letters may be written in several ways.
    return _TOKEN.findall(text.lower()) if text.isascii() else []


def _split_inner(text: str) -> list[str]:
    """List the tokens of a part of a text that are whole in the text, too."""
    if not text.isascii():
        return []
    folded = text.lower()
    found = _TOKEN.finditer(folded)
    return [each[0] for each in found if each.start() > 0 and each.end() < len(folded)]
