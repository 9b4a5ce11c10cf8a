"""Queries on the command line: what shells do to them, and what to do about an empty result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cyclopts import Parameter

from flightlog.errors import InvalidQueryError
from flightlog.query import Expression, Reader, parse
from flightlog.query.fields import FIELDS
from flightlog.query.scanner import Scanner
from flightlog.store.nearest import find_nearest
from flightlog.store.query import HistoryFilter
from flightlog.text import clean, format_count

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger

QUERY: Final = Parameter(name="QUERY")
"""How every command names the words of a query."""

_TAKEN: Final = (
    "A shell takes `>` and `<` for a file, so write the query in single quotation marks, "
    "e.g. 'output.status:>=500'."
)
_REMOVED: Final = (
    "If you wrote quotation marks, the shell has removed them: write the whole query in single "
    "ones, e.g. 'error:\"timed out\"'."
)
_KEPT: Final = "This shell keeps single quotation marks, so write double ones around the query."


def parse_query(text: str, reader: Reader, parameter: str = "QUERY") -> Expression | None:
    """
    Parse a query of the command line.

    Args:
        text: The query.
        reader: The clock and the prices of the query.
        parameter: The name of the argument in error messages.

    Returns:
        The expression; None for an empty query.

    Raises:
        InvalidQueryError: The text is no query. The hint also names a frequent mistake with shells.
    """
    try:
        return parse(text, reader, parameter)
    except InvalidQueryError as error:
        if text.rstrip().endswith(":") and error.hint is not None:
            error.hint = f"{error.hint} {_TAKEN}"
        raise


def has_field(text: str) -> bool:
    """
    Check whether a text begins with a field of queries.

    Args:
        text: An argument of the command line.

    Returns:
        True for a text such as `status:error`.
    """
    field = Scanner(text.removeprefix("NOT ").lstrip("( ")).take_field()
    return field is not None and field[0] in FIELDS


def explain_no_result(
    logger: ExecutionLogger, chosen: HistoryFilter, words: Sequence[str], reader: Reader
) -> str:
    """
    Say what a search without a result has searched, and which similar query has results.

    Args:
        logger: The history.
        chosen: The other filters of the search.
        words: The query, as the shell has divided it.
        reader: The clock and the prices of the query.

    Returns:
        A few sentences.
    """
    found = find_nearest(logger.reader, chosen, " ".join(words), reader)
    sentences = [f"Searched: {', '.join(found.searched)}."]
    if found.nearest is not None:
        most = "more than " if found.nearest.more else ""
        count = format_count(found.nearest.count, "execution")
        sentences.append(f"`{clean(found.nearest.q)}` finds {most}{count}.")
    if any(word[:1] == "'" for word in words):
        sentences.append(_KEPT)
    elif any(" " in word and '"' not in word and has_field(word) for word in words):
        sentences.append(_REMOVED)
    return " ".join(sentences)
