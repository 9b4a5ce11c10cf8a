"""
The redactor's engine, built once for a set of rules and known secrets.

It is imported with the first text that is redacted, since its patterns cost more than an import
should. It owns the order: names and places, tokens, known secrets and the user's patterns each add
spans; paths that are excepted take some away; marks replace the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from flightlog.redaction import anchors, views
from flightlog.redaction.budget import Budget
from flightlog.redaction.jsontext import check, string_end
from flightlog.redaction.known import Known
from flightlog.redaction.names import Names, Secrecy
from flightlog.redaction.paths import Paths, find_excepted, find_matches
from flightlog.redaction.rules import RedactionRules, compiled_pattern
from flightlog.redaction.scan import Scan, Tools
from flightlog.redaction.spans import MARK, Marker, Spans, put_marks
from flightlog.redaction.tokens import TokenRules


class Finding(NamedTuple):
    """A secret that was found."""

    start: int
    """Where it starts, in bytes."""
    end: int
    """Where it ends."""
    source: str
    """The rule or recogniser that found it: `token:…`, `name:…`, `known`, `pattern`."""


_NOTHING: Final = Spans()
_MOST_VIEWS: Final = 4


class Engine:
    """
    Redacts with one set of rules and known secrets, which don't change.

    Args:
        key: The installation's secret, for marks.
        rules: What is secret besides, and what is not.
        secrets: Known secrets.
    """

    def __init__(self, key: bytes, rules: RedactionRules, secrets: Iterable[str]) -> None:
        self._marker = Marker(key)
        self._names = Names(rules.keys)
        self._tokens = TokenRules(rules.rules)
        self._known = Known(secrets)
        named = anchors.names_and_places(*self._names.stems(), counts=self._names.has_counts)
        places = (self._tokens.pattern, named, views.ANCHOR, self._known.pattern)
        # One search finds every place at which a secret may stand.
        self._search = anchors.searcher(b"|".join(filter(None, places)))
        begins = anchors.beginnings(self._tokens.may_begin, self._known.may_begin)
        self._tools = Tools(self._names, self._tokens, self._search, begins)
        self._patterns = [compiled_pattern(pattern) for pattern in rules.patterns]
        self._looks_always = bool(self._patterns or self._tokens.always)
        self._paths = Paths(rules.except_paths) if rules.except_paths else None

    def payload(self, json: bytes, root: str) -> bytes:
        """
        Redact JSON text.

        Args:
            json: The text.
            root: Where paths that are excepted begin.

        Returns:
            The text; the same object when nothing is secret.

        Raises:
            NotJsonError: It may hold secrets and is no JSON, or would be none without them.
            UnicodeDecodeError: It is not UTF-8.
        """
        if not json.isascii():
            json.decode()
        # One search passes most texts.
        first = self._search(json, 0)
        if first[0] < 0 and not self._looks_always:
            return json
        spans = self._found_in_json(json, root, first)
        if not spans:
            return json
        check(json)
        redacted = put_marks(json, spans, self._marker, is_json=True)
        check(redacted)
        return redacted

    def text(self, text: str) -> str:
        """
        Redact text.

        Args:
            text: The text, its escapes not undone.

        Returns:
            The text; the same object when nothing is secret.
        """
        data = text.encode() if text.isascii() else text.encode("utf-8", "surrogatepass")
        first = self._search(data, 0)
        if first[0] < 0 and not self._looks_always:
            return text
        spans = self._found(data, "", first, is_json=False)
        redacted = put_marks(data, spans, self._marker, is_json=False) if spans else data
        return text if redacted is data else redacted.decode("utf-8", "surrogatepass")

    def tags(self, tags: dict[str, str]) -> dict[str, str]:
        """
        Redact tags: by their names, and whatever their names and values hold.

        Args:
            tags: Names and values.

        Returns:
            The tags; the same object when nothing is secret.
        """
        redacted = {self.text(name): self._tag(name, value) for name, value in tags.items()}
        return tags if redacted == tags else redacted

    def is_clean(self, json: bytes | memoryview) -> bool:
        """
        Check whether JSON text holds no secret.

        Args:
            json: The text.

        Returns:
            Whether it holds none.
        """
        text = bytes(json)
        return not self._found_in_json(text, "", self._search(text, 0))

    def mark(self, secret: bytes) -> bytes:
        """
        Make the mark of a secret as it is written.

        Args:
            secret: The secret.

        Returns:
            `[REDACTED:…]`.
        """
        return self._marker.mark_written(secret, is_json=False)

    def explain(self, data: bytes) -> list[Finding]:
        """
        List what would be removed from a text, by which rule, and where.

        Args:
            data: The text, UTF-8.

        Returns:
            The secrets, in order.
        """
        spans = self._found(data, "", self._search(data, 0), is_json=False)
        return [Finding(start, end, source) for start, end, source, _ in spans.merged(data)]

    def _tag(self, name: str, value: str) -> str:
        data = value.encode("utf-8", "surrogatepass")
        secrecy = self._names.secrecy(name.encode("utf-8", "surrogatepass"))
        if secrecy == Secrecy.WHOLE and value and not MARK.fullmatch(data):
            return self._marker.mark(data).decode()
        return self.text(value)

    def _found_in_json(self, json: bytes, root: str, first: tuple[int, int]) -> Spans:
        view = views.unwrap(json)
        if view is None:
            return self._found(json, root, first, is_json=True)
        spans = Spans()
        first = self._search(view.text, 0)
        view.move(self._found(view.text, root, first, is_json=True), spans)
        return spans

    def _found(self, text: bytes, root: str, first: tuple[int, int], *, is_json: bool) -> Spans:
        if first[0] < 0 and not self._looks_always:
            return _NOTHING
        spans, budget = Spans(), Budget()
        scan = self._scan(text, spans, budget, first, is_json=is_json)
        if scan and scan.hides:
            self._look_behind_escapes(text, spans, budget, scan.removed, is_json=is_json)
        for rule in self._tokens.always:
            for start, end, _ in rule.within(text, 0, len(text)):
                spans.add(start, end, "token:" + rule.id)
        for pattern in self._patterns:
            for start, end, quoted in find_matches(text, pattern, is_json=is_json):
                spans.add(start, end, "pattern", quoted=quoted)
        if self._paths is not None and is_json and spans:
            spans.drop_within(find_excepted(text, self._paths, root))
        if self._known and scan and (scan.sees_known or scan.skips or self._paths):
            self._look_for_known(text, spans, budget, is_json=is_json)
        return spans

    def _scan(
        self, text: bytes, spans: Spans, budget: Budget, first: tuple[int, int], *, is_json: bool
    ) -> Scan | None:
        if first[0] < 0:
            return None
        scan = Scan(text, spans, self._tools, budget, is_json=is_json)
        scan.run(*first)
        return scan

    def _look_behind_escapes(
        self,
        text: bytes,
        spans: Spans,
        budget: Budget,
        removed: Sequence[tuple[int, int]],
        *,
        is_json: bool,
    ) -> None:
        done = list(removed)
        for offset, window in views.windows(text, is_json=is_json):
            if any(start <= offset and offset + len(window) <= end for start, end in done):
                continue
            view, of_view = views.reveal(window), Spans()
            self._scan(view.text, of_view, budget, self._search(view.text, 0), is_json=is_json)
            end = len(window)
            if offset + end < len(text) and of_view.reach(len(view.text)):
                # A secret that reaches the window's end goes on to the end of its string.
                end = string_end(text, offset + end, len(text)) if is_json else len(text)
                spans.add(offset + len(window) - 1, end, "window")
                done.append((offset, end))
            view.move(of_view, spans, offset)

    def _look_for_known(
        self, text: bytes, spans: Spans, budget: Budget, *, is_json: bool, depth: int = _MOST_VIEWS
    ) -> None:
        hides = self._known.find(text, spans, budget, is_json=is_json)
        if hides and depth and b"\\" in text:
            # A known secret may stand behind escapes that no spelling has.
            view, of_view = views.unescape(text), Spans()
            self._look_for_known(view.text, of_view, budget, is_json=False, depth=depth - 1)
            view.move(of_view, spans)
