"""
The budget of an evaluation: how many steps its operations may take in total.

A limit on the size of each value isn't enough. A list that contains the same list many times needs
little memory at any depth, but visiting each item takes one step for each path to that item.
So each operation of an expression that visits or makes items charges the budget before it runs.
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
"""How many characters of a text count as one step, because texts are copied and compared fast."""
_VIEWS: Final[tuple[type[Any], ...]] = (type({}.keys()), type({}.values()), type({}.items()))
_CONTAINERS: Final[Any] = (list, tuple, set, frozenset, deque, *_VIEWS)


class ExpressionFault(Exception):  # noqa: N818 - never leaves the evaluation
    """A function's failure within an expression; becomes an `InvalidExpressionError`."""


class _Budget:
    def __init__(self) -> None:
        self.left = MAX_STEPS


_budget: Final[ContextVar[_Budget | None]] = ContextVar("flightlog_budget", default=None)


@contextmanager
def begin_budget() -> Iterator[None]:
    """
    Begin a new budget for the expressions that are evaluated in this context.

    Yields:
        Nothing.
    """
    token = _budget.set(_Budget())
    try:
        yield
    finally:
        _budget.reset(token)


def spend(steps: float) -> None:
    """
    Charge the budget for an operation before it runs.

    Args:
        steps: How many items the operation visits or makes.

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
    Charge for an operation that visits a whole value, e.g. writing JSON or hashing.

    Args:
        value: Any value.

    Raises:
        ExpressionFault: The budget is used up.
    """
    spend(count_visited_items(value))


def spend_comparison(left: Any, right: Any) -> None:
    """
    Charge for comparing two values; a comparison ends where the smaller value ends.

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
    spend(min(count_visited_items(left), count_visited_items(right)))


def spend_search(item: Any, container: Any) -> None:
    """
    Charge for searching an item in a container, or a text in a text.

    Args:
        item: The searched item or text.
        container: The container or text in which to search.

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
        # A plain item is compared only with the container's direct items.
        if not _is_plain(item):
            spend(min(count_visited_items(container), count_visited_items(item) * (size + 1)))


def spend_copy(value: Any) -> None:
    """
    Charge for an operation that takes each item of a value, but visits nothing within the items.

    Args:
        value: Any value; a value without a length costs nothing.

    Raises:
        ExpressionFault: The budget is used up.
    """
    if isinstance(value, str):
        spend(len(value) // _CHARACTERS)
    elif isinstance(value, (*_CONTAINERS, Mapping)):
        spend(len(value))  # type: ignore[arg-type]  # each of these types has a length


def count_visited_items(value: Any) -> int:
    """
    Count the steps of a visit to a whole value, in time proportional to the value's memory.

    Args:
        value: Any value. An item that occurs twice counts twice, because a visit reaches it twice.

    Returns:
        The number of steps.

    Raises:
        ExpressionFault: The budget doesn't even suffice for counting.
    """
    if _is_plain(value):
        return _count_plain_steps(value)
    sizes: dict[int, int] = {}
    # List each value's inner values once, because the pairs of an object's items are new objects
    # in each list.
    waiting: list[tuple[Any, list[Any] | None]] = [(value, None)]
    # Keep the values alive, because an attribute may return a new value each time, and ids of
    # freed values are reused.
    kept: list[Any] = []
    while waiting:
        item, inner = waiting.pop()
        if inner is not None:
            sizes[id(item)] = 1 + sum(
                _count_plain_steps(each) if _is_plain(each) else sizes[id(each)] for each in inner
            )
        elif id(item) not in sizes:
            inner = list(_list_inner(item))
            spend(len(inner))
            kept.append(item)
            # A value that contains itself counts once; operations on such a value end anyway.
            sizes[id(item)] = 1
            waiting.append((item, inner))
            waiting.extend((each, None) for each in inner if not _is_plain(each))
    return sizes[id(value)]


def _is_plain(value: Any) -> bool:
    if value is None or isinstance(value, (str, bytes, int, float)):
        return True
    return not isinstance(value, (*_CONTAINERS, Mapping)) and not getattr(value, "__dict__", None)


def _count_plain_steps(value: Any) -> int:
    return 1 + len(value) // _CHARACTERS if isinstance(value, (str, bytes)) else 1


def _list_inner(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        return chain(value.keys(), value.values())
    if isinstance(value, _CONTAINERS):
        return iter(value)
    return iter(getattr(value, "__dict__", {}).values())
