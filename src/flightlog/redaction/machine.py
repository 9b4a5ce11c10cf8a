"""
The redactor's machinery, built once for a set of rules and known secrets.

It is a module of its own, imported with the first text that is redacted, since its automaton and
patterns cost more than an import should.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from flightlog.redaction.jsontext import NotJsonError
from flightlog.redaction.keys import Names
from flightlog.redaction.known import spellings
from flightlog.redaction.marking import MARK, Marker
from flightlog.redaction.rules import Paths, RedactionRules, compiled_pattern
from flightlog.redaction.scanner import Found, Scanner, hides_ascii
from flightlog.redaction.spots import edits_of
from flightlog.redaction.strings import edited
from flightlog.redaction.text import Look
from flightlog.redaction.tokens import TokenRules
from flightlog.redaction.vocabulary import Secrecy

_BACKSLASH: Final = ord("\\")
_WINDOW_BYTES: Final = 64 * 1024
_LOOKED_AROUND_BYTES: Final = 8 * 1024
"""More than what is looked at around a needle."""


class Finding(NamedTuple):
    """A secret in a text."""

    start: int
    """Where the secret starts, bytes."""
    end: int
    """Where the secret ends, bytes."""
    source: str
    """The rule that found the secret: `token:ID`; `text` for names, places and known secrets."""


class Machine:
    """
    Redacts with one set of rules and known secrets, which don't change.

    Args:
        key: With which marks are made.
        rules: What is secret besides, and what is not.
        secrets: Known secrets.
    """

    def __init__(self, key: bytes, rules: RedactionRules, secrets: Iterable[str]) -> None:
        self._marker = Marker(key)
        self._names = Names(rules.keys)
        known = [spelling for secret in secrets for spelling in spellings(secret)]
        self._tokens = TokenRules(rules.rules)
        self._scanner = Scanner(self._names, known, self._tokens)
        longest = max((len(spelling.text) for spelling in known), default=0)
        self._overlap_bytes = _LOOKED_AROUND_BYTES + longest
        patterns = [compiled_pattern(pattern) for pattern in rules.patterns]
        self._look = Look(self._names, self._scanner, self._marker, patterns, self._tokens)
        self._paths = Paths(rules.except_paths) if rules.except_paths else None
        self._has_patterns = bool(patterns) or self._tokens.runs_always

    def payload(self, json: bytes, root: str) -> bytes:
        """
        Redact JSON text.

        Raises:
            NotJsonError: It may hold secrets and is no JSON.
            UnicodeDecodeError: It is not UTF-8.
        """
        if not json.isascii():
            json.decode()
        found = self._scanner.find(json)
        if not (found or _BACKSLASH in json or self._has_patterns):
            return json
        if not self._suspects(json, found) and not self._has_patterns:
            return json
        if b"\0" in json:
            raise NotJsonError("JSON holds no null byte; it may be of another encoding than UTF-8")
        hits = self._scanner.hits(json, found)
        edits = edits_of(json, hits, self._look, paths=self._paths, root=root)
        return edited(json, edits) if edits else json

    def is_clean(self, json: memoryview) -> bool:
        """
        Whether JSON text surely holds no secret.

        It is looked at through a window, so that a large one is never copied whole.
        """
        windows = (
            bytes(json[start : start + _WINDOW_BYTES + self._overlap_bytes])
            for start in range(0, len(json), _WINDOW_BYTES)
        )
        return not self._has_patterns and not any(
            self._suspects(window, self._scanner.find(window)) for window in windows
        )

    def _suspects(self, json: bytes, found: Found) -> bool:
        return bool(found and self._scanner.suspects(json, found)) or hides_ascii(json)

    def text(self, text: str) -> str:
        """Redact text."""
        data = text.encode("utf-8", "surrogatepass")
        edits = self._look.edits(data)
        return edited(data, edits).decode("utf-8", "surrogatepass") if edits else text

    def explain(self, data: bytes) -> list[Finding]:
        """List the secrets in a text, and the rules that find them."""
        found = self._tokens.find(data)
        tokens = list(zip(found[::3], found[1::3], found[2::3], strict=True))
        findings = []
        for edit in self._look.edits(data):
            rule = next(
                (number for start, end, number in tokens if start < edit.end and edit.start < end),
                None,
            )
            source = "text" if rule is None else f"token:{self._tokens.ids[rule]}"
            findings.append(Finding(edit.start, edit.end, source))
        return findings

    def mark(self, secret: bytes) -> bytes:
        """Make the placeholder of a secret."""
        return self._marker.mark(secret)

    def tags(self, tags: dict[str, str]) -> dict[str, str]:
        """Redact tags: by their names, and whatever their names and values hold."""
        redacted = {self.text(name): self._tag(name, value) for name, value in tags.items()}
        return tags if redacted == tags else redacted

    def _tag(self, name: str, value: str) -> str:
        data = value.encode("utf-8", "surrogatepass")
        secrecy = self._names.secrecy(name.encode("utf-8", "surrogatepass"))
        if secrecy == Secrecy.WHOLE and value and not MARK.fullmatch(data):
            return self._marker.mark(data).decode()
        return self.text(value)
