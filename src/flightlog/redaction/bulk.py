"""
Many plain secrets at once: what a text full of secrets repeats, read by one expression.

A scan takes several steps of Python for each secret. Where plain secrets are close together, the
next ones mostly have the same names and the same signs around them. `Bulk` cuts the following part
of the text at all of them in one step, and one search through what is left says how far nothing
else has to be read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from operator import add
from typing import Final, NamedTuple

from flightlog.redaction.budget import STEP, Budget
from flightlog.redaction.descriptions import is_description, is_label, may_describe
from flightlog.redaction.names import Names, Secrecy
from flightlog.redaction.reading import JUDGED
from flightlog.redaction.shapes import is_word, literals
from flightlog.redaction.spans import Spans

_NEAR: Final = 512
"""The most bytes between two secrets of a dense part."""
_ENOUGH: Final = 8
"""So many plain secrets are read one by one before the next are read at once."""
_MOST_NAMES: Final = 64
_LEAST_WINDOW: Final = 1 << 10
_LARGEST_WINDOW: Final = 1 << 16
_LEAST_WAIT: Final = 16
_LONGEST_WAIT: Final = 1 << 12
_PRICE: Final = 2 * STEP
"""As much as a plain secret costs that is read alone."""
PLAIN_BEGINNING: Final = rb"(?!xxx|XXX|[\[/?<{$%*.#\xe2\\ \t\r\n-])"
"""The place of a text that is secret whatever it is, but for words like `none`."""
_PLAIN_TEXT: Final = PLAIN_BEGINNING + rb"[^\"\\]++(?<![.,:; \t\r\n])"
_VARIABLE: Final = re.compile(rb"[A-Za-z]+(?:_[A-Za-z_]+|(?<=[a-z])[A-Z][A-Za-z]*)")
_LINE_END: Final = rb"(?=[\r\n\"]|\\n)"


class _Kind(NamedTuple):
    """A way to write secrets."""

    value: bytes
    """The pattern of a secret that needs no close look, up to what ends it."""
    filler: bytes
    """What stands for such a secret in the text that is searched for others."""
    quoted: bool = False
    """Whether it is a number of JSON."""
    is_bare: bool = False
    """Whether a word of a language is no secret."""


# Behind anything else, e.g. a plus sign, the secret may go on.
_MEMBER_END: Final = rb"\"(?:\s|\\{1,3}n)*+[,}\]]"
_MEMBER: Final = _Kind(_PLAIN_TEXT + rb"(?=" + _MEMBER_END + rb")", b"x")
_IN_TEXT: Final = _Kind(_PLAIN_TEXT + rb"(?=\\" + _MEMBER_END + rb")", b"x")
_IN_TEXT_OF_TEXT: Final = _Kind(_PLAIN_TEXT + rb"(?=\\{3}" + _MEMBER_END + rb")", b"x")
_LISTED: Final = _Kind(_PLAIN_TEXT + rb"(?=\"\])", b"x")
_NUMBER: Final = _Kind(rb"-?[0-9]++(?=[,}\]])", b"0", quoted=True)
_LISTED_NUMBER: Final = _Kind(rb"-?[0-9]++(?=\])", b"0", quoted=True)
_WORD: Final = _Kind(rb"(?!xxx|XXX|-)[A-Za-z0-9_-]{3,150}+" + _LINE_END, b"x", is_bare=True)
_CREDENTIALS: Final = _Kind(
    rb"(?!xxx|XXX|-)[A-Za-z0-9_+/=-]{16,150}+" + _LINE_END, b"x", is_bare=True
)
_COOKIES: Final = _Kind(
    PLAIN_BEGINNING + rb"[^\s=;\"\\]{1,64}+=[^\r\n\"\\]++(?<![ \t])(?=[\r\n\"]|\\[nr])", b"x"
)
_URL: Final = _Kind(
    rb"(?!xxx|XXX)[A-Za-z0-9_]{3,64}+(?=@[A-Za-z0-9.-]++(?::[0-9]{1,5}+)?(?:[/?\s\"]|\\[n\"]))",
    b"x",
)


_LINES: Final = (b"\n", b"\\n", b'"')
_ITEMS: Final = (b',["', b', ["')
_WRITTEN: Final = (
    (_MEMBER, (b'"',), re.compile(rb"\"(?:, ?\"(?i:value|val)\")?: ?\"")),
    (_IN_TEXT, (b'\\"',), re.compile(rb"\\\": ?\\\"")),
    (_IN_TEXT_OF_TEXT, (b'\\\\\\"',), re.compile(rb"\\{3}\": ?\\{3}\"")),
    (_LISTED, _ITEMS, re.compile(rb"\", ?\"")),
    (_NUMBER, (b'"',), re.compile(rb"\"(?:, ?\"(?i:value|val)\")?: ?")),
    (_LISTED_NUMBER, _ITEMS, re.compile(rb"\", ?")),
    (_COOKIES, _LINES, re.compile(rb": ")),
    (_WORD, _LINES, re.compile(rb"=|[:=] ")),
    (_CREDENTIALS, _LINES, re.compile(rb"(?:: |\": ?\")(?:Bearer|Basic) ")),
)
"""The kinds, with the signs before their names, and with what stands behind the names."""


class _Frame(NamedTuple):
    """What stands around secrets: all but the name, and the secret."""

    before: bytes
    """The sign before the name, which ends everything that stands before."""
    after: bytes
    """What stands between the name and the secret."""
    kind: _Kind
    source: str
    """The source of the spans."""

    @property
    def filler(self) -> bytes:
        """What stands for a name and its secret: nothing to look at, and signs in their places."""
        if self.kind is _URL:
            return b":/xx"
        after = self.after.removesuffix(b"Bearer ").removesuffix(b"Basic ")
        return b"%bx%b%b" % (self.before, after, self.kind.filler)


class Bulk:
    """
    Reads plain secrets of one text.

    Args:
        text: The text.
        spans: Collects them.
        budget: What may be spent on the text.
        search: Finds the next place at which a secret may stand.
        names: Judges names.
    """

    def __init__(
        self,
        text: bytes,
        spans: Spans,
        budget: Budget,
        search: Callable[[bytes, int], tuple[int, int]],
        names: Names,
    ) -> None:
        self._text = text
        self._spans = spans
        self._budget = budget
        self._search = search
        self._names = names
        self._frames: dict[_Frame, dict[bytes, None]] = {}
        self._window = _LEAST_WINDOW
        self._count = self._end = self._wait = 0
        self._next_wait = _LEAST_WAIT

    def read_after(self, first: int, last: int, start: int, end: int, source: str) -> int:
        """
        Read the secrets that follow a secret, if many were close to each other.

        Args:
            first: Where the name of the secret starts.
            last: Where it ends.
            start: Where the secret starts.
            end: Where it ends.
            source: The source of its span.

        Returns:
            Where the last of the secrets ends.
        """
        self._count = self._count + 1 if start - self._end < _NEAR else 0
        self._end = end
        if self._count >= _ENOUGH:
            self._end = self._read_known(first, last, start, end, source)
        return self._end

    def _read_known(self, first: int, last: int, start: int, end: int, source: str) -> int:
        """Read on where the name, and what stands around it, were seen before."""
        if self._wait:
            self._wait -= 1
            return end
        frame = self._frame(first, last, start, source)
        if frame is None:
            self._count = 0
            return end
        known = self._frames.setdefault(frame, {})
        name = self._text[first:last]
        if name not in known:
            if not self._is_sure(name, frame):
                self._count = 0
            elif len(known) < _MOST_NAMES:
                known[name] = None
            return end
        return self._read(end, frame, tuple(known))

    def _is_sure(self, written: bytes, frame: _Frame) -> bool:
        """Check whether each plain text with a name is secret as a whole."""
        name = self._names.judge(written)
        if frame.kind in {_URL, _CREDENTIALS, _COOKIES}:
            return True
        return name.secrecy >= Secrecy.TEXT and b"auth" not in name.lower and not name.is_header

    def _frame(self, first: int, last: int, start: int, source: str) -> _Frame | None:
        text = self._text
        after = text[last:start]
        if source == "urls":
            return _Frame(b"://", b":", _URL, source)
        for kind, befores, written in _WRITTEN:
            if not written.fullmatch(after) or (
                kind is _COOKIES and b"cookie" not in text[first:last].lower()
            ):
                continue
            for before in befores:
                if text[max(0, first - 4) : first].endswith(before):
                    return _Frame(before, after, kind, source)
        return None

    def _read(self, end: int, frame: _Frame, names: tuple[bytes, ...]) -> int:
        """Read what follows, in windows; answers where the last secret ends."""
        text, window = self._text, self._window
        found = 0
        while True:
            part = text[end : end + window]
            is_last = end + window >= len(text)
            read, size, is_cut = self._read_window(part, end, frame, names, is_last=is_last)
            found += read
            end += size
            if is_cut or is_last:
                break
            window = min(2 * window, _LARGEST_WINDOW)
        self._window = max(_LEAST_WINDOW, min(window, 2 * size))
        if found < _ENOUGH:
            self._wait = self._next_wait
            self._next_wait = min(2 * self._wait, _LONGEST_WAIT)
        else:
            self._next_wait = _LEAST_WAIT
        return end

    def _read_window(
        self, part: bytes, place: int, frame: _Frame, names: tuple[bytes, ...], *, is_last: bool
    ) -> tuple[int, int, bool]:
        """Answers how many secrets were read, up to where, and whether the next is no such one."""
        if b"logprob" in part:
            # Pieces of a language model's answer are called tokens.
            return 0, 0, True
        pieces = _pattern(frame, names).split(part)
        gaps, secrets = pieces[::3], pieces[2::3]
        # Beyond the last secret something may be cut.
        count = len(secrets) - (not is_last)
        filler = frame.filler
        seen = self._search(filler.join(gaps), 0)[0]
        if is_cut := seen >= 0:
            ends = list(accumulate(len(gap) + len(filler) for gap in gaps))
            count = min(count, bisect_right(ends, seen))
        plain = count_sure(secrets[: max(0, count)], frozenset(map(bytes.lower, names)))
        if frame.kind.is_bare:
            plain = next(
                (
                    at
                    for at, each in enumerate(secrets[:plain])
                    if is_word(each) or _VARIABLE.fullmatch(each)
                ),
                plain,
            )
        is_cut = is_cut or plain < count or count <= 0
        if plain <= 0:
            return 0, 0, True
        before = list(map(add, map(len, gaps[:plain]), map(len, pieces[1::3])))
        sizes = list(map(len, secrets[:plain]))
        size = sum(before) + sum(sizes)
        self._spans.add_many(place, before, sizes, frame.source, quoted=frame.kind.quoted)
        self._budget.spent += _PRICE * plain
        self._budget.reached = max(self._budget.reached, place + size)
        return plain, size, is_cut


def count_sure(secrets: list[bytes], names: frozenset[bytes]) -> int:
    """
    Count the secrets up to the first that says that there is none, or repeats its name.

    Args:
        secrets: Texts.
        names: Their names, in small letters.

    Returns:
        How many secrets stand before it; all if there is none.
    """
    lowered = [secret.lower() for secret in secrets]
    harmless = literals() | names
    count = len(secrets)
    if not harmless.isdisjoint(lowered):
        count = next(at for at, secret in enumerate(lowered) if secret in harmless)
    name = b" ".join(names) if any(b" " in name for name in names) else b""
    for at, secret in enumerate(secrets[:count]):
        head = secret[:JUDGED]
        if may_describe(head) and (is_description(head) or is_label(head, name)):
            return at
    return count


@lru_cache(maxsize=64)
def _pattern(frame: _Frame, names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Make the pattern of names with secrets: what stands before a secret, and the secret."""
    before = re.escape(frame.before)
    written = rb"[A-Za-z0-9_]{1,15}" if frame.kind is _URL else b"|".join(map(re.escape, names))
    return re.compile(
        rb"(%b(?<!\\%b)(?:%b)%b)(%b)"
        % (before, before, written, re.escape(frame.after), frame.kind.value)
    )
