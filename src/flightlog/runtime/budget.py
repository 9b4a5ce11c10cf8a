"""
The budget of an evaluation: how many steps its operations may take in all.

Bounding the size of each value isn't enough. A list that holds one list many times takes little
memory at any depth, but an operation that visits it takes a step for each way to each item. So
each operation of an expression that visits or makes items pays for them here before it runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any, Final

MAX_STEPS: Final = 5_000_000
"""How many steps the expressions of one text may take."""
_CHARACTERS: Final = 16
"""How many characters of a text count as one step: texts are copied and compared fast."""
_VIEWS: Final[tuple[type[Any], ...]] = (type({}.keys()), type({}.values()), type({}.items()))
_CONTAINERS: Final[Any] = (list, tuple, set, frozenset, deque, *_VIEWS)


class ExpressionFault(Exception):  # noqa: N818 - never leaves the evaluation
    """What a function can't do; becomes an `InvalidExpressionError`."""


class _Budget:
    def __init__(self) -> None:
        self.left = MAX_STEPS


_budget: Final[ContextVar[_Budget | None]] = ContextVar("flightlog_budget", default=None)


@contextmanager
def limited() -> Iterator[None]:
    """Begin a new budget for the expressions that are evaluated within."""
    token = _budget.set(_Budget())
    try:
        yield
    finally:
        _budget.reset(token)


def spend(steps: float) -> None:
    """
    Pay for an operation before it runs.

    Args:
        steps: How many items it visits or makes.

    Raises:
        ExpressionFault: The budget is used up.
    """
    budget = _budget.get()
    if budget is None:
        return
    budget.left -= int(steps) + 1
    if budget.left < 0:
        raise ExpressionFault(
            f"takes more than {MAX_STEPS:,} steps; its values are too large or nested too often"
        )


def spend_visit(value: Any) -> None:
    """
    Pay for an operation that visits a whole value, e.g. writing it as JSON or hashing it.

    Args:
        value: Any value.

    Raises:
        ExpressionFault: The budget is used up.
    """
    spend(visited_items(value))


def spend_comparison(left: Any, right: Any) -> None:
    """
    Pay for comparing two values, which ends where the smaller value does.

    Args:
        left: Any value.
        right: Any value.

    Raises:
        ExpressionFault: The budget is used up.
    """
    if _is_plain(left) or _is_plain(right):
        if isinstance(left, str) and isinstance(right, str):
            spend(min(len(left), len(right)) // _CHARACTERS)
        return
    spend(min(visited_items(left), visited_items(right)))


def spend_search(item: Any, container: Any) -> None:
    """
    Pay for looking for an item in a container, or a text in a text.

    Args:
        item: What is looked for.
        container: Where.

    Raises:
        ExpressionFault: The budget is used up.
    """
    if isinstance(container, Mapping):
        spend_visit(item)
    elif isinstance(container, str):
        spend(len(container) // _CHARACTERS)
    elif isinstance(container, _CONTAINERS):
        size = len(container)
        spend(size)
        # A plain item is compared with each item, but not with what is within.
        if not _is_plain(item):
            spend(min(visited_items(container), visited_items(item) * (size + 1)))


def spend_copy(value: Any) -> None:
    """
    Pay for an operation that takes each item of a value, but nothing within the items.

    Args:
        value: Any value; one without a length costs nothing.

    Raises:
        ExpressionFault: The budget is used up.
    """
    if isinstance(value, str):
        spend(len(value) // _CHARACTERS)
    elif isinstance(value, (*_CONTAINERS, Mapping)):
        spend(len(value))  # type: ignore[arg-type]  # each of these types has a length


def visited_items(value: Any) -> int:
    """
    Count the steps that visiting all of a value takes, in time that grows with its memory only.

    Args:
        value: Any value. An item that is held twice is counted twice, as a visit does.

    Raises:
        ExpressionFault: The budget doesn't even suffice for counting.
    """
    if _is_plain(value):
        return _plain_steps(value)
    sizes: dict[int, int] = {}
    # Each value's inner values are listed once: the pairs of an object's items are made anew for
    # each list of them.
    waiting: list[tuple[Any, list[Any] | None]] = [(value, None)]
    # The values are kept, since an attribute's value may be made anew each time.
    kept: list[Any] = []
    while waiting:
        item, inner = waiting.pop()
        if inner is not None:
            sizes[id(item)] = 1 + sum(
                _plain_steps(each) if _is_plain(each) else sizes[id(each)] for each in inner
            )
        elif id(item) not in sizes:
            inner = list(_inner(item))
            spend(len(inner))
            kept.append(item)
            # A value that holds itself counts once; what visits it has its own end.
            sizes[id(item)] = 1
            waiting.append((item, inner))
            waiting.extend((each, None) for each in inner if not _is_plain(each))
    return sizes[id(value)]


def _is_plain(value: Any) -> bool:
    if value is None or isinstance(value, (str, bytes, int, float)):
        return True
    return not isinstance(value, (*_CONTAINERS, Mapping)) and not getattr(value, "__dict__", None)


def _plain_steps(value: Any) -> int:
    return 1 + len(value) // _CHARACTERS if isinstance(value, (str, bytes)) else 1


def _inner(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        return chain(value.keys(), value.values())
    if isinstance(value, _CONTAINERS):
        return iter(value)
    return iter(getattr(value, "__dict__", {}).values())
