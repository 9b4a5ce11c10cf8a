"""
Exception groups: which exceptions they hold, and how those read in one line.

A group's own message says little (`unhandled errors in a TaskGroup (1 sub-exception)`), so records
name its leaves: the exceptions in it, at any depth, that are no groups themselves. Everything here
is bounded, because a group may hold a million exceptions, or one exception in a million ways.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

MAX_LEAVES: Final = 1_000
"""Leaves that are looked at, the first ones of a group."""
MAX_SHOWN: Final = 8
"""Leaves that a message names."""

_MAX_VISITED: Final = 10_000
_MAX_TRACED: Final = 256
_MAX_CAUSES: Final = 16
_MAX_LEAF_CHARACTERS: Final = 200
_MAX_ONLY_LEAF_CHARACTERS: Final = 2_000
_MAX_OWN_CHARACTERS: Final = 100
_SEPARATOR: Final = "; "
_COUNT: Final = re.compile(r" \(\d+ sub-exceptions?\)$")
# Order must not depend on what varies between two runs that failed alike.
_VARYING: Final = re.compile(r"[0-9a-f-]*[0-9][0-9a-f-]*", re.IGNORECASE)
_SAYS_NOTHING: Final = frozenset(
    {"", "unhandled errors in a TaskGroup", "Exceptions from Trio nursery"}
)

# An exception's own class may answer anything, or raise, where its attributes are asked.
get_cause: Final[Any] = BaseException.__dict__["__cause__"].__get__
"""An exception's explicit cause."""
get_context: Final[Any] = BaseException.__dict__["__context__"].__get__
"""The exception that was being handled when an exception was raised."""
get_members: Final[Any] = BaseExceptionGroup.__dict__["exceptions"].__get__
"""The exceptions directly in a group."""
get_traceback: Final[Any] = BaseException.__dict__["__traceback__"].__get__
"""Where an exception was raised, and which way it came."""


class Leaves(NamedTuple):
    """The exceptions in a group that are no groups themselves."""

    exceptions: tuple[BaseException, ...]
    """In the group's order, each exception once; at most `MAX_LEAVES`."""
    complete: bool
    """Whether these are all."""


def is_group(error: BaseException) -> bool:
    """Whether an exception is a group, by its real type."""
    return issubclass(type(error), BaseExceptionGroup)


def find_leaves(group: BaseException) -> Leaves:
    """
    Find the leaves of a group; of an exception that is no group, itself.

    Args:
        group: An exception group, nested or not.
    """
    found: list[BaseException] = []
    seen: set[int] = set()
    waiting: list[BaseException] = [group]
    while waiting:
        error = waiting.pop()
        if id(error) in seen:
            continue
        if len(found) >= MAX_LEAVES or len(seen) >= _MAX_VISITED:
            return Leaves(tuple(found), complete=False)
        seen.add(id(error))
        if is_group(error):
            # The members beyond the bound would only be put on the list and never looked at.
            waiting += reversed(get_members(error)[: _MAX_VISITED + 1])
        else:
            found.append(error)
    return Leaves(tuple(found), complete=True)


def find_cause(error: BaseException) -> BaseException | None:
    """
    Find the group that an exception was explicitly raised from, through other exceptions or not.

    Args:
        error: An exception that is no group.
    """
    cause: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        cause = get_cause(cause)
        if cause is None or is_group(cause):
            return cause
    return None


def is_too_large_to_trace(error: BaseException) -> bool:
    """
    Whether `traceback` would format more exceptions than are worth it, or never come to an end.

    It looks into every member of every group, into one that is in two groups twice, and goes on
    from there to causes and contexts.

    Args:
        error: An exception.
    """
    members = 0
    chained: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        error = waiting.pop()
        for linked in (get_cause(error), get_context(error)):
            if linked is not None and id(linked) not in chained:
                chained.add(id(linked))
                waiting.append(linked)
        if is_group(error):
            within = get_members(error)
            members += len(within)
            if members > _MAX_TRACED:
                return True
            waiting += within
    return False


def own_words(text: str) -> str:
    """
    Reduce a group's message to what it says itself.

    Args:
        text: What the group prints.

    Returns:
        The message without the number of exceptions and in one line; empty where a TaskGroup or a
        nursery wrote it, which says the same whatever failed.
    """
    own = _in_one_line(_COUNT.sub("", text), _MAX_OWN_CHARACTERS)
    return "" if own in _SAYS_NOTHING else own


def choose_shown(texts: Iterable[str]) -> tuple[list[tuple[str, int]], int]:
    """
    Choose which leaves a message names.

    Args:
        texts: What each leaf says.

    Returns:
        At most `MAX_SHOWN` different texts with how often each occurs, in an order that doesn't
        depend on the order of the leaves; and how many leaves are not among them.
    """
    counts = Counter(texts)
    ordered = sorted(counts.items(), key=lambda item: (_VARYING.sub("#", item[0]), item[0]))
    return ordered[:MAX_SHOWN], sum(count for _, count in ordered[MAX_SHOWN:])


def join_shown(shown: Iterable[tuple[str, int]], more: int, *, complete: bool, own: str) -> str:
    """
    Write a group's message.

    Args:
        shown: What leaves say, without secrets, and how often each occurs.
        more: How many leaves are left out.
        complete: Whether those are all that the group holds.
        own: What the group says itself; may be empty.

    Returns:
        One line, e.g. `batch failed: ConnectionError: refused (2 times); ValueError: bad price`.
    """
    texts = list(shown)
    most = _MAX_ONLY_LEAF_CHARACTERS if len(texts) == 1 else _MAX_LEAF_CHARACTERS
    parts = [
        _in_one_line(text, most) + (f" ({count} times)" if count > 1 else "")
        for text, count in texts
    ]
    if not complete:
        parts.append(f"and more than {more:,} more" if more else "and more")
    elif more:
        parts.append(f"and {more:,} more")
    return (f"{own}: " if own else "") + _SEPARATOR.join(parts)


def _in_one_line(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
