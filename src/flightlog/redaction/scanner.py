"""
From a text to spans: each place that the search finds, from left to right.

A scan goes through a text once. Regular parts without secrets are passed, and what is too dense to
be read within the budget is removed.
"""

from __future__ import annotations

from typing import Final

from flightlog.redaction import anchors, views
from flightlog.redaction.anchors import Beginnings
from flightlog.redaction.budget import REGULAR_BYTES, STEP, Budget, TooDenseError, regular_end
from flightlog.redaction.known import Known
from flightlog.redaction.names import LONGEST_NAME, Names
from flightlog.redaction.scan import Scan, Tools
from flightlog.redaction.spans import Spans
from flightlog.redaction.tokens import TokenRules

_LONGEST_ANCHOR: Final = 1024
_LONGEST_RUN: Final = 4096


class Scanner:
    """
    Finds secrets by their names and by what stands around them.

    Args:
        names: Judges names.
        tokens: Finds tokens by their form.
        known: Finds known secrets.
    """

    def __init__(self, names: Names, tokens: TokenRules, known: Known) -> None:
        named = anchors.names_and_places(*names.stems(), counts=names.has_counts)
        patterns = (tokens.pattern, named, views.ANCHOR, known.pattern)
        self.search = anchors.searcher(b"|".join(filter(None, patterns)))
        """Finds every place at which a secret may stand."""
        beginnings = Beginnings(tokens.may_begin, known.may_begin)
        self._tools = Tools(names, tokens, self.search, beginnings, self._has_secret)

    def find(
        self,
        text: bytes,
        spans: Spans,
        budget: Budget,
        *,
        is_json: bool,
        first: tuple[int, int] | None = None,
    ) -> Scan | None:
        """
        Find the secrets of a text.

        Args:
            text: The text, its escapes not undone.
            spans: Collects them.
            budget: What may be spent on the text.
            is_json: Whether the text is JSON, so that its strings end at their quotes.
            first: What `search` answers for the text, if it was asked.

        Returns:
            What was met on the way; None if it was nothing.
        """
        search = self.search
        start, end = first or search(text, 0)
        if start < 0:
            return None
        scan = Scan(text, spans, self._tools, budget, is_json=is_json)
        credit = budget.credit
        check, count = REGULAR_BYTES, spans.count
        while start >= 0:
            if start >= check:
                if spans.count == count and (passed := regular_end(text, start)) > start:
                    scan.skips = True
                    start, end = search(text, passed)
                    if start < 0:
                        break
                check, count = start + REGULAR_BYTES, spans.count
            # A name is short, so a long run of letters is passed at once: else hostile text takes
            # quadratic time.
            try:
                place = end - LONGEST_NAME if end - start > _LONGEST_ANCHOR else scan.look(start)
                budget.spent += STEP
                if budget.spent > start + credit and budget.spent > budget.reached + credit:
                    place = scan.remove_rest(max(start, place))
            except TooDenseError as dense:
                place = scan.remove_rest(dense.place)
            if place > start + 1:
                scan.skips = True
            if place <= start:
                place = _end_of_run(text, start) if scan.sees_known else start + 1
            start, end = search(text, place)
        budget.settle(len(text))
        return scan

    def _has_secret(self, data: bytes, budget: Budget) -> bool:
        spans = Spans()
        self.find(data, spans, budget, is_json=False)
        return bool(spans)


def _end_of_run(text: bytes, place: int) -> int:
    """Find where to go on in a run of one byte, at each of which a known secret may begin."""
    run = text[place : place + _LONGEST_RUN]
    rest = run.lstrip(run[:1])
    return place + max(1, len(run) - len(rest) - LONGEST_NAME)
