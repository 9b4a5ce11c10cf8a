"""
The spans that are to be removed from one text, and the marks that stand for them.

Spans are put in order, merged and cut at the end. A mark, `[REDACTED:3f9a1c0b7d24]`, is a
keyed hash of the secret, so equal secrets have equal marks within one installation, and
nobody without the installation's key can try guesses.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from io import BytesIO
from itertools import accumulate, chain, pairwise, repeat
from typing import Final, TypeAlias
from urllib.parse import unquote_to_bytes

import msgspec

from flightlog.redaction.jsontext import close, is_escaped, string_end
from flightlog.redaction.patterns import pattern

MARK: Final = pattern(rb"\[REDACTED:[0-9a-f]{8,12}\]")
_DIGEST_DIGITS: Final = 12
_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_MOST_KNOWN: Final = 4096
_LONGEST_KNOWN: Final = 256
_LONGEST_UNESCAPED: Final = 1 << 20
"""To undo the escapes of a longer text would take several times its memory."""
_decode_text: Final = msgspec.json.Decoder(str).decode
_BACKSLASH: Final = ord("\\")
_WIDTH: Final = 3
_WIDE: Final = 256
_QUOTED: Final = 1 << 16
_MOST_OPEN: Final = 16 * 1024
_MOST_KEPT: Final = 4 * 1024
"""The most spans behind which a recogniser goes back to add another, e.g. in an object."""

REST: Final = "dense rest"
"""The source of a span that is the whole rest of JSON."""

Span: TypeAlias = tuple[int, int, int]
"""Where a span starts and ends, and the number of its source, with a bit for quotes."""


class Marker:
    """
    Makes marks.

    Args:
        key: The installation's secret.
    """

    def __init__(self, key: bytes) -> None:
        # HMAC-SHA256, with what depends on the key alone done once: the standard library's takes
        # three times as long, and most payloads with a secret have several.
        block = hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key
        block = block.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))
        self.known: dict[bytes, bytes] = {}
        """Marks by their secrets as they are written, in JSON or anywhere."""

    def mark(self, secret: bytes) -> bytes:
        """
        The mark of a secret.

        Args:
            secret: The secret, its escapes undone.

        Returns:
            `[REDACTED:…]`.
        """
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(secret)
        outer.update(inner.digest())
        return b"[REDACTED:%b]" % outer.hexdigest()[:_DIGEST_DIGITS].encode()

    def mark_all(self, secrets: Iterable[bytes]) -> list[bytes]:
        """
        Make the marks of many secrets as they are written, without escapes of JSON.

        Args:
            secrets: The secrets.

        Returns:
            Their marks, in order.
        """
        known, inner_copy, outer_copy = self.known, self._inner.copy, self._outer.copy
        marks = []
        for secret in secrets:
            mark = known.get(secret)
            if mark is None:
                if b"%" in secret:
                    mark = self.mark_written(secret, is_json=False)
                else:
                    # As in `mark`, without its call.
                    inner, outer = inner_copy(), outer_copy()
                    inner.update(secret)
                    outer.update(inner.digest())
                    mark = b"[REDACTED:%b]" % outer.hexdigest()[:_DIGEST_DIGITS].encode()
                if len(secret) <= _LONGEST_KNOWN:
                    if len(known) >= _MOST_KNOWN:
                        known.clear()
                    known[secret] = mark
            marks.append(mark)
        return marks

    def mark_written(self, written: bytes, *, is_json: bool) -> bytes:
        """
        Make the mark of a secret as it is written.

        So that equal secrets have equal marks in any encoding.

        Args:
            written: The secret, perhaps escaped for JSON or for a URL.
            is_json: Whether escapes of JSON are undone.

        Returns:
            `[REDACTED:…]`.
        """
        known = self.known.get(written)
        if known is not None:
            return known
        is_escaped = is_json and b"\\" in written and len(written) <= _LONGEST_UNESCAPED
        secret = _unescaped(written) if is_escaped else written
        mark = self.mark(unquote_to_bytes(secret) if b"%" in secret else secret)
        if len(written) <= _LONGEST_KNOWN and (is_json or b"\\" not in written):
            if len(self.known) >= _MOST_KNOWN:
                self.known.clear()
            self.known[written] = mark
        return mark


def _unescaped(written: bytes) -> bytes:
    try:
        return _decode_text(b'"%b"' % written).encode("utf-8", "surrogatepass")
    except (msgspec.MsgspecError, UnicodeError):
        return written


class Spans:
    """
    Collects spans.

    Of many spans, those far behind the latest are kept sorted and compressed, so that they take
    less memory than the text.
    """

    __slots__ = ("_blocks", "_open", "_rest", "_runs", "_sources", "count")

    def __init__(self) -> None:
        self.count = 0
        """How often a span was added."""
        self._open: list[Span] = []
        self._blocks: list[Block] = []
        self._runs: list[_Run] = []
        self._sources: dict[str, int] = {}
        self._rest = sys.maxsize

    def __bool__(self) -> bool:
        return bool(self._open or self._blocks or self._runs) or self._rest < sys.maxsize

    def add(self, start: int, end: int, source: str, *, quoted: bool = False) -> None:
        """
        Add a span.

        Args:
            start: Where it starts.
            end: Where it ends.
            source: The rule or recogniser that found it.
            quoted: Whether it is a number of JSON, whose mark needs quotes.
        """
        self.count += 1
        number = self._sources.get(source)
        if number is None:
            number = self._sources[source] = len(self._sources)
        self._open.append((start, end, number | _QUOTED if quoted else number))
        if len(self._open) >= _MOST_OPEN:
            self._settle()

    def add_many(
        self,
        place: int,
        before: Sequence[int],
        sizes: Sequence[int],
        source: str,
        *,
        quoted: bool = False,
    ) -> None:
        """
        Add spans, none of which holds a quote or a backslash.

        Args:
            place: Where the part with the spans starts.
            before: How many bytes stand before each span.
            sizes: How many bytes each span has.
            source: As in `add`, for all of them.
            quoted: As in `add`, for all of them.
        """
        number = self._sources.setdefault(source, len(self._sources))
        number |= _QUOTED if quoted else 0
        block = Block(place, before, sizes, number)
        if self._blocks and self._blocks[-1].end > place:
            # Secrets of one kind stand within those of another kind.
            for start, end, _ in block:
                self.add(start, end, source, quoted=quoted)
            return
        self.count += len(sizes)
        self._blocks.append(block)

    def take_blocks(self) -> list[Block]:
        """
        Take the parts with many spans that no other span touches, in order.

        Returns:
            The parts; they are no longer among the spans.
        """
        if not self._blocks or self._rest < sys.maxsize:
            return []
        blocks, kept, at = self._blocks, [], 0
        taken: list[Block] = []
        self._blocks = []
        if self._open or self._runs:
            last = -1
            for start, end, _ in self._ordered():
                last = max(last, end)
                while at < len(blocks) and blocks[at].end <= start:
                    taken.append(blocks[at])
                    at += 1
                while at < len(blocks) and blocks[at].start < last:
                    kept.append(blocks[at])
                    at += 1
        taken += blocks[at:]
        self._blocks = kept
        return taken

    def drop_rest(self, place: int) -> None:
        """
        Remove all that follows a place in JSON.

        Args:
            place: Where a value, or the name of a member, starts or ends.
        """
        self._rest = min(self._rest, place)

    def reach(self, place: int) -> bool:
        """
        Check whether a span ends at a place.

        Args:
            place: The place.

        Returns:
            Whether one does.
        """
        return any(end == place for _, end, _ in self._ordered())

    def drop_within(self, excepted: Iterable[tuple[int, int]]) -> None:
        """
        Drop the spans within given parts of the text, which are in order.

        Args:
            excepted: Where each part starts and ends.
        """
        parts = list(excepted)
        starts = [start for start, _ in parts]
        spans = self._ordered()
        self._open, self._blocks, self._runs = [], [], []
        for start, end, number in spans:
            part = bisect_right(starts, start) - 1
            if part < 0 or end > parts[part][1]:
                self._open.append((start, end, number))
                if len(self._open) >= _MOST_OPEN:
                    self._settle()

    def merged(self, text: bytes) -> Iterator[tuple[int, int, str, bool]]:
        """
        List the spans in order; spans that overlap are joined, and spans of marks are left out.

        Args:
            text: The text.

        Returns:
            Where a span starts and ends, its source, and whether its mark needs quotes. The source
            `REST` says that the JSON ends where the span starts.
        """
        return self._merged(text) if self._rest >= len(text) else self._clipped(text)

    def _clipped(self, text: bytes) -> Iterator[tuple[int, int, str, bool]]:
        rest = self._rest
        for start, end, source, quoted in self._merged(text):
            if start >= rest:
                break
            yield start, min(end, rest), source, quoted
        yield rest, len(text), REST, False

    def _merged(self, text: bytes) -> Iterator[tuple[int, int, str, bool]]:
        marks = MARK.finditer(text) if b"[REDACTED:" in text else iter(())
        mark = next(marks, None)
        sources = list(self._sources)
        first = last = -1
        kind = 0
        for start, end, number in self._ordered():
            if start < last:
                last = max(last, end)
                kind &= number | ~_QUOTED
                continue
            while mark and mark.end() < end:
                mark = next(marks, None)
            if end <= start or (mark and mark.start() <= start and end <= mark.end()):
                continue
            if last >= 0:
                yield first, last, sources[kind & ~_QUOTED], kind >= _QUOTED
            first, last, kind = start, end, number
        if last >= 0:
            yield first, last, sources[kind & ~_QUOTED], kind >= _QUOTED

    def _ordered(self) -> Iterable[Span]:
        spans = sorted(self._open)
        if not (self._runs or self._blocks):
            return spans
        return merge(*self._runs, chain.from_iterable(self._blocks), spans)

    def _settle(self) -> None:
        spans = sorted(self._open)
        settled, kept = spans[:-_MOST_KEPT], spans[-_MOST_KEPT:]
        if not self._runs or settled[0] < self._runs[-1].last:
            self._runs.append(_Run())
        self._runs[-1].extend(settled)
        self._open = kept


class Block:
    """
    A part of the text with many spans.

    Args:
        start: Where the part starts.
        before: How many bytes stand before each span.
        sizes: How many bytes each span has.
        number: The number of their source, with a bit for quotes.
    """

    __slots__ = ("_before", "_sizes", "end", "number", "start")

    def __init__(
        self, start: int, before: Sequence[int], sizes: Sequence[int], number: int
    ) -> None:
        self.start = start
        self.end = start + sum(before) + sum(sizes)
        self.number = number
        self._before, self._sizes = _packed(before), _packed(sizes)

    def __iter__(self) -> Iterator[Span]:
        places = self._places()
        return zip(places[1::2], places[2::2], repeat(self.number))

    def _places(self) -> list[int]:
        lengths = chain.from_iterable(zip(self._before, self._sizes, strict=True))
        return list(accumulate(lengths, initial=self.start))

    def write(self, text: bytes, end: int, output: BytesIO, marker: Marker) -> int:
        """
        Write a text with marks in the place of the spans.

        Args:
            text: The text.
            end: What stands before was written.
            output: Where to write.
            marker: Makes marks.

        Returns:
            Up to where the text was written.
        """
        pieces = [text[first:last] for first, last in pairwise(self._places())]
        marks = marker.mark_all(pieces[1::2])
        pieces[1::2] = [b'"%b"' % mark for mark in marks] if self.number & _QUOTED else marks
        output.write(text[end : self.start])
        output.write(b"".join(pieces))
        return self.end


def _packed(lengths: Sequence[int]) -> bytes | array[int]:
    return bytes(lengths) if max(lengths) < _WIDE else array("I", lengths)


class _Run:
    """Spans in order, compressed."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.last: Span = (0, 0, 0)

    def __iter__(self) -> Iterator[Span]:
        for part in self._parts:
            numbers = array("I", zlib.decompress(part))
            third = len(numbers) // _WIDTH
            yield from zip(
                numbers[:third], numbers[third : 2 * third], numbers[2 * third :], strict=True
            )

    def extend(self, spans: Sequence[Span]) -> None:
        """Add spans that begin behind the last."""
        # All starts, then all ends: similar numbers compress well together.
        columns = array("I", chain.from_iterable(zip(*spans, strict=True)))
        self._parts.append(zlib.compress(columns, level=1))
        self.last = spans[-1]


def put_marks(text: bytes, spans: Spans, marker: Marker, *, is_json: bool) -> bytes:
    """
    Put marks in the place of spans.

    Args:
        text: The text.
        spans: What to remove.
        marker: Makes marks.
        is_json: Whether the text is JSON, whose escapes are undone before a secret is marked.

    Returns:
        The text with marks; the same object without spans.
    """
    pieces = BytesIO()
    write, known = pieces.write, marker.known
    blocks = iter(spans.take_blocks())
    block = next(blocks, None)
    end = 0
    for start, last, source, quoted in spans.merged(text):
        if source == REST:
            mark = marker.mark_written(text[start:last], is_json=False)
            pieces.write(text[end:start])
            pieces.write(close(text, start, mark))
            return pieces.getvalue()
        while block and block.end <= start:
            end = block.write(text, end, pieces, marker)
            block = next(blocks, None)
        secret = text[start:last]
        if (
            is_json
            and not quoted
            and (b'"' in secret or b"\\" in (text[start - 1 : start], secret[-1:]))
        ):
            start, last = _within_string(text, start, last)  # noqa: PLW2901
            secret = text[start:last]
        mark = known.get(secret) or marker.mark_written(secret, is_json=is_json)
        write(text[end:start])
        write(b'"%b"' % mark if quoted else mark)
        end = last
    while block:
        end = block.write(text, end, pieces, marker)
        block = next(blocks, None)
    if not end:
        return text
    pieces.write(text[end:])
    # Unlike `bytes` of a bytearray, this makes no copy.
    return pieces.getvalue()


def _within_string(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Let a span end with its string, and divide no escape, so that JSON stays JSON."""
    if text.find(b'"', start, end) >= 0:
        end = string_end(text, start, end)
    if text[start - 1] == _BACKSLASH and is_escaped(text, start):
        start -= 1
    if text[end - 1] == _BACKSLASH and is_escaped(text, end):
        end += 1
    return start, end
