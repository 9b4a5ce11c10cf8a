"""
Regular expressions: Python's, compiled when they are first used, and RE2's.

In Python's, `(?&quote)`, `(?&blank)` and `(?&newline)` stand for these signs as they are written in
any text: raw, or escaped for JSON at any depth.

RE2 locks mutexes while it searches, and other threads run meanwhile. So each search holds
`fork_lock`; otherwise a child that is forked during a search waits for ever at its own first one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias, cast

from flightlog.fork_lock import fork_lock

Spans: TypeAlias = Sequence[tuple[int, int]]
"""Where a match, and each of its groups, starts and ends; -1 if there is none."""
Matcher: TypeAlias = Callable[[bytes, int, int], Spans]
Searcher: TypeAlias = Callable[[bytes, int], tuple[int, int]]

QUOTE: Final = rb"\\{0,15}[\"'`]"
BLANK: Final = rb"(?:[ \t\r\n]|\\{1,15}[nrt])"
NEWLINE: Final = rb"(?:\r?\n|(?:\\{1,15}r)?\\{1,15}n)"
LONGEST_MATCH: Final = 1024
_LEAST_WINDOW: Final = 2 * LONGEST_MATCH
_PART: Final = re.compile(rb"\(\?&(\w+)\)")
_METHODS: Final = ("match", "search", "fullmatch", "finditer", "findall", "sub")


class _Lazy:
    def __init__(self, source: bytes) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self._source)
        # From now on these are found without this method.
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)


def pattern(source: bytes, **parts: bytes) -> re.Pattern[bytes]:
    """
    Make a pattern.

    Args:
        source: The regular expression; `(?&name)` stands for a part.
        parts: Further parts.

    Returns:
        The pattern, which is compiled when it is first used.
    """
    known = {"quote": QUOTE, "blank": BLANK, "newline": NEWLINE, **parts}
    while _PART.search(source):
        source = _PART.sub(lambda found: known[found[1].decode()], source)
    return cast("re.Pattern[bytes]", _Lazy(source))


class Pattern:
    """
    A compiled pattern.

    Args:
        pattern: RE2; bytes match text of any encoding, byte by byte.
        captures: Whether matches have groups.
        max_memory: How much memory the pattern and its automaton may take, in bytes; None for
            RE2's own limit.

    Raises:
        ValueError: RE2 refuses the pattern; the message is RE2's.
    """

    def __init__(
        self, pattern: str | bytes, *, captures: bool = False, max_memory: int | None = None
    ) -> None:
        with fork_lock: re2 = _import_re2()  # noqa: E701  # fmt: skip
        options = re2.Options()
        if isinstance(pattern, bytes):
            options.encoding = options.Encoding.LATIN1
        if max_memory is not None:
            options.max_mem = max_memory
        options.never_capture = not captures
        options.log_errors = False
        try:
            self._compiled: Any = re2.compile(pattern, options)
        except re2.error as error:
            reason = error.args[0] if error.args else "unknown"
            reason = reason.decode() if isinstance(reason, bytes) else str(reason)
            raise ValueError(reason) from error
        self.group_count: int = self._compiled.groups
        self._anchors: Any = re2._re2.RE2.Anchor  # noqa: SLF001 - see `matcher`

    def is_in(self, text: str | bytes) -> bool:
        """
        Check whether the pattern matches anywhere in a text.

        Args:
            text: The text.

        Returns:
            Whether it does.
        """
        with fork_lock: return self._compiled.search(text) is not None  # noqa: E701  # fmt: skip

    def find_all(self, text: str | bytes) -> list[Any]:
        """
        Find all matches that don't overlap.

        Args:
            text: The text.

        Returns:
            RE2's matches, in order.
        """
        with fork_lock: return list(self._compiled.finditer(text))  # noqa: E701  # fmt: skip

    def searcher(self) -> Searcher:
        """
        Make a function for many searches to the end of a text.

        RE2 reads on while an earlier match is possible, e.g. from each `echo` to the end of the
        text. So a search reads a window first, and hostile text takes linear time.

        Returns:
            A search from a place on, which answers where the first match starts and ends, and
            (-1, -1) without one. It may cut or miss a match of more than `LONGEST_MATCH` bytes.
        """
        match, anchor = self._compiled._regexp.Match, self._anchors.UNANCHORED  # noqa: SLF001

        def search(text: bytes, place: int) -> tuple[int, int]:
            size, window = len(text), _LEAST_WINDOW
            while (end := place + window) < size:
                with fork_lock: start, last = match(anchor, text, place, end)[0]  # noqa: E701  # fmt: skip
                if start >= 0 and (last < end or last - start >= LONGEST_MATCH):
                    return start, last
                place, window = end - LONGEST_MATCH if start < 0 else start, 2 * window
            with fork_lock: return match(anchor, text, place, size)[0]  # type: ignore[no-any-return]  # noqa: E701  # fmt: skip

        return search

    def matcher(self, *, is_anchored: bool) -> Matcher:
        """
        Make a function for many short searches.

        Args:
            is_anchored: Whether a match begins where the search does.

        Returns:
            A search between two places of a text, which answers the spans of the match and its
            groups; the first span starts at -1 if there is no match.
        """
        # The library's wrapper around the engine costs more than most searches.
        match = self._compiled._regexp.Match  # noqa: SLF001 - see above
        anchor = self._anchors.ANCHOR_START if is_anchored else self._anchors.UNANCHORED

        def search(text: bytes, start: int, end: int) -> Spans:
            with fork_lock: return match(anchor, text, start, end)  # type: ignore[no-any-return]  # noqa: E701  # fmt: skip

        return search


def _import_re2() -> Any:
    # Only a process that redacts pays for RE2's import.
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - and has no stubs

    return re2
