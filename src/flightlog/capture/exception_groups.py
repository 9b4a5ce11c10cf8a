"""
Finds the exceptions in exception groups and describes them in one line.

A group's own message says little (`unhandled errors in a TaskGroup (1 sub-exception)`), so records
name its leaves. A leaf is an exception at any depth of the group that is no group itself. Every
function here is bounded, because a group may hold a million exceptions, or one exception a million
times. `flightlog.capture.exceptions` owns the rest of an error's description.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

MAX_LEAVES: Final = 1_000
"""The number of leaves that are read, from the beginning of a group."""
MAX_SHOWN: Final = 8
"""The number of leaves that a message names."""

_MAX_VISITED: Final = 10_000
_MAX_TRACED: Final = 256
_MAX_CAUSES: Final = 16
_MAX_LEAF_CHARACTERS: Final = 200
_MAX_ONLY_LEAF_CHARACTERS: Final = 2_000
_MAX_OWN_CHARACTERS: Final = 100
_SEPARATOR: Final = "; "
# Both patterns are compiled at their first use, because importing capture must be quick.
_COUNT: Final = r" \(\d+ sub-exceptions?\)$"
# The order must not depend on text that varies between two runs with equal failures.
_VARYING: Final = r"(?i)[0-9a-f-]*[0-9][0-9a-f-]*"
_SAYS_NOTHING: Final = frozenset(
    {"", "unhandled errors in a TaskGroup", "Exceptions from Trio nursery"}
)

# Read these attributes through `BaseException`, because an exception's own class may return
# anything for them, or raise.
get_cause: Final[Any] = BaseException.__dict__["__cause__"].__get__
"""Reads an exception's explicit cause."""
get_context: Final[Any] = BaseException.__dict__["__context__"].__get__
"""Reads the exception that was being handled when an exception was raised."""
get_members: Final[Any] = BaseExceptionGroup.__dict__["exceptions"].__get__
"""Reads the exceptions directly in a group."""
get_traceback: Final[Any] = BaseException.__dict__["__traceback__"].__get__
"""Reads where an exception was raised and which frames it passed."""


class Leaves(Struct, frozen=True):
    """The exceptions in a group that are no groups themselves."""

    exceptions: tuple[BaseException, ...]
    """The leaves in the group's order, each exception once; at most `MAX_LEAVES`."""
    complete: bool
    """Whether `exceptions` holds all leaves of the group."""


def is_group(error: BaseException) -> bool:
    """
    Return whether an exception is a group, by its real type.

    Args:
        error: The exception.

    Returns:
        True for an exception group.
    """
    return issubclass(type(error), BaseExceptionGroup)


def find_leaves(group: BaseException) -> Leaves:
    """
    Find the leaves of an exception group.

    Args:
        group: An exception group, nested or not; or any other exception.

    Returns:
        The leaves of the group; for an exception that is no group, the exception itself.
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
            # Members beyond the bound would be added to the list and never read.
            waiting += reversed(get_members(error)[: _MAX_VISITED + 1])
        else:
            found.append(error)
    return Leaves(tuple(found), complete=True)


def find_cause(error: BaseException) -> BaseException | None:
    """
    Find the group that an exception was explicitly raised from, at any distance.

    Args:
        error: An exception that is no group.

    Returns:
        The group; None where there is none.
    """
    cause: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        cause = get_cause(cause)
        if cause is None or is_group(cause):
            return cause
    return None


def is_too_large_to_trace(error: BaseException) -> bool:
    """
    Return whether `traceback` would format too many exceptions, or never finish.

    `traceback` formats every member of every group and formats an exception that is in two groups
    twice. It then follows causes and contexts.

    Args:
        error: An exception.

    Returns:
        True where the traceback must be shortened.
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


def extract_own_text(text: str) -> str:
    """
    Reduce a group's message to the group's own text.

    Args:
        text: The group as text.

    Returns:
        The message in one line, without the number of exceptions. Empty where a TaskGroup or a
        nursery wrote the message, because that message is the same for every failure.
    """
    own = _write_one_line(re.sub(_COUNT, "", text), _MAX_OWN_CHARACTERS)
    return "" if own in _SAYS_NOTHING else own


def choose_shown(texts: Iterable[str]) -> tuple[list[tuple[str, int]], int]:
    """
    Choose which leaves a message names.

    Args:
        texts: The text of each leaf.

    Returns:
        At most `MAX_SHOWN` different texts with the number of times that each occurs, in an order
        that doesn't depend on the order of the leaves; and the number of leaves that are not named.
    """
    counts = Counter(texts)
    ordered = sorted(counts.items(), key=lambda item: (re.sub(_VARYING, "#", item[0]), item[0]))
    return ordered[:MAX_SHOWN], sum(count for _, count in ordered[MAX_SHOWN:])


def join_shown(shown: Iterable[tuple[str, int]], more: int, *, complete: bool, own: str) -> str:
    """
    Write a group's message.

    Args:
        shown: The texts of leaves, without secrets, and the number of times that each occurs.
        more: How many leaves are left out.
        complete: Whether `shown` and `more` cover all leaves of the group.
        own: The group's own text; may be empty.

    Returns:
        One line, e.g. `batch failed: ConnectionError: refused (2 times); ValueError: bad price`.
    """
    texts = list(shown)
    most = _MAX_ONLY_LEAF_CHARACTERS if len(texts) == 1 else _MAX_LEAF_CHARACTERS
    parts = [
        _write_one_line(text, most) + (f" ({count} times)" if count > 1 else "")
        for text, count in texts
    ]
    if not complete:
        parts.append(f"and more than {more:,} more" if more else "and more")
    elif more:
        parts.append(f"and {more:,} more")
    return (f"{own}: " if own else "") + _SEPARATOR.join(parts)


def _write_one_line(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
