"""Draw where an execution matches a query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from rich.text import Text

from flightlog.store.findings import QueryMatch
from flightlog.text import clean

_INDENT: Final = "   "
_UTF_16: Final = "utf-16-le"
_FOUND: Final = "bold yellow"


def draw_matches(matches: Sequence[QueryMatch]) -> Iterator[Text]:
    """
    Draw places: the node, the path and the snippet with what matches.

    Args:
        matches: The places.

    Yields:
        One line for each place.
    """
    for match in matches:
        node = "" if match.node is None else f"{clean(match.node)} "
        line = Text.assemble(_INDENT, node, (f"{clean(match.path)}  ", "bright_black"))
        yield line.append_text(_draw_snippet(match))


def _draw_snippet(match: QueryMatch) -> Text:
    # The highlights count UTF-16 code units, of two bytes each.
    units = match.snippet.encode(_UTF_16)
    places = [0, *(2 * place for span in match.highlights for place in span), len(units)]
    snippet = Text()
    for number, (start, end) in enumerate(pairwise(places)):
        part = units[start:end].decode(_UTF_16).replace("\n", " ")
        snippet.append(clean(part), style=_FOUND if number % 2 else None)
    return snippet
