"""
The redactor's engine, built once for a set of rules and known secrets.

It is imported with the first text that is redacted, since its patterns cost more than an import
should. It owns the
order: names and places, tokens, known secrets and the user's patterns each add spans; paths that
    are excepted take
some away; marks replace the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from flightlog.redaction import anchors
from flightlog.redaction.jsontext import check, excepted, matches
from flightlog.redaction.known import Known
from flightlog.redaction.marking import MARK, Marker
from flightlog.redaction.names import Names, Secrecy
from flightlog.redaction.paths import Paths
from flightlog.redaction.recognise import Recogniser
from flightlog.redaction.rules import RedactionRules, compiled_pattern
from flightlog.redaction.spans import Spans, cut
from flightlog.redaction.tokens import TokenRules
from flightlog.redaction.views import unescaped, unhidden


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
        self._recogniser = Recogniser(self._names, self._holds)
        self._tokens = TokenRules(rules.rules)
        self._known = Known(secrets)
        token_pattern = anchors.tokens(self._tokens.beginnings)
        self._find_token = anchors.searcher(token_pattern)
        everything = (self._recogniser.pattern, token_pattern, self._known.pattern)
        self._find_any = anchors.searcher(b"|".join(filter(None, everything)))
        self._patterns: list[Any] = [compiled_pattern(pattern) for pattern in rules.patterns]
        self._looks_always = bool(self._patterns) or self._tokens.runs_always
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
            NotJsonError: It may hold secrets and is no JSON.
            UnicodeDecodeError: It is not UTF-8.
        """
        if not json.isascii():
            json.decode()
        spans = self._found(json, root, is_json=True)
        if not spans:
            return json
        check(json)
        return cut(json, spans, self._marker, is_json=True)

    def text(self, text: str) -> str:
        """Redact text."""
        data = text.encode("utf-8", "surrogatepass")
        spans = self._found(data, "", is_json=False)
        redacted = cut(data, spans, self._marker, is_json=False) if spans else data
        return text if redacted is data else redacted.decode("utf-8", "surrogatepass")

    def tags(self, tags: dict[str, str]) -> dict[str, str]:
        """Redact tags: by their names, and whatever their names and values hold."""
        redacted = {self.text(name): self._tag(name, value) for name, value in tags.items()}
        return tags if redacted == tags else redacted

    def is_clean(self, json: bytes | memoryview) -> bool:
        """Check whether JSON text holds no secret."""
        return not self._found(bytes(json), "", is_json=True)

    def mark(self, secret: bytes) -> bytes:
        """Make the mark of a secret as it is written."""
        return self._marker.mark_written(secret, is_json=False)

    def explain(self, data: bytes) -> list[Finding]:
        """List what would be removed from a text, by which rule, and where."""
        spans = self._found(data, "", is_json=False)
        return [Finding(start, end, source) for start, end, source, _ in spans.merged(data)]

    def _tag(self, name: str, value: str) -> str:
        data = value.encode("utf-8", "surrogatepass")
        secrecy = self._names.secrecy(name.encode("utf-8", "surrogatepass"))
        if secrecy == Secrecy.WHOLE and value and not MARK.fullmatch(data):
            return self._marker.mark(data).decode()
        return self.text(value)

    def _found(self, text: bytes, root: str, *, is_json: bool) -> Spans:
        view = unhidden(text)
        # One search passes most texts.
        if view is None and not self._looks_always and self._find_any(text, 0)[0] < 0:
            return _NOTHING
        spans = Spans()
        self._look(text, spans, is_json=is_json)
        if view is not None:
            of_view = Spans()
            self._look(view.text, of_view, is_json=is_json)
            view.move(of_view, spans)
        for pattern in self._patterns:
            for start, end, quoted in matches(text, pattern, is_json=is_json):
                spans.add(start, end, "pattern", quoted=quoted)
        if self._paths is not None and is_json and spans:
            spans.drop_within(excepted(text, self._paths, root))
        self._look_for_known(text, spans, is_json=is_json)
        return spans

    def _look(self, text: bytes, spans: Spans, *, is_json: bool) -> None:
        self._recogniser.find(text, spans, is_json=is_json)
        if self._tokens.runs_always or self._find_token(text, 0)[0] >= 0:
            tokens = self._tokens.find(text)
            for at in range(0, len(tokens), 3):
                spans.add(tokens[at], tokens[at + 1], "token:" + self._tokens.ids[tokens[at + 2]])

    def _look_for_known(
        self, text: bytes, spans: Spans, *, is_json: bool, views: int = _MOST_VIEWS
    ) -> None:
        hides = self._known.find(text, spans, is_json=is_json)
        if hides and views and b"\\" in text:
            # A known secret may stand behind escapes that no spelling has.
            view, of_view = unescaped(text), Spans()
            self._look_for_known(view.text, of_view, is_json=False, views=views - 1)
            view.move(of_view, spans)

    def _holds(self, data: bytes) -> bool:
        """Check whether decoded data holds a secret."""
        spans = Spans()
        self._look(data, spans, is_json=False)
        return bool(spans)
