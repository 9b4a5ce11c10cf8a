"""The operators of expressions whose results could be of any size, within the limits."""

from __future__ import annotations

from typing import Any, Final

from flightlog.runtime.budget import ExpressionFault, spend, spend_copy
from flightlog.runtime.texts import check_size

_MAX_POWER_BITS: Final = 4_096


def power(base: Any, exponent: Any) -> Any:
    """
    Raise a number to a power.

    Args:
        base: The base.
        exponent: The exponent.

    Returns:
        The power.

    Raises:
        ExpressionFault: The result would have more than 4,096 bits.
    """
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 1:
        bits = abs(base).bit_length() * exponent
        if bits > _MAX_POWER_BITS:
            raise ExpressionFault("would make too large a number")
    return base**exponent


def multiply(left: Any, right: Any) -> Any:
    """
    Multiply numbers, or repeat a text or list.

    Args:
        left: A number, text or list.
        right: A number, text or list.

    Returns:
        The product.

    Raises:
        ExpressionFault: The result exceeds the limits.
    """
    for sized, times in ((left, right), (right, left)):
        if hasattr(sized, "__len__") and isinstance(times, int):
            check_size(len(sized) * max(times, 0))
            spend_copy(sized)
            if not isinstance(sized, str):
                spend(len(sized) * max(times, 0))
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() + right.bit_length()
        if bits > _MAX_POWER_BITS * 2:
            raise ExpressionFault("would make too large a number")
    return left * right


def add(left: Any, right: Any) -> Any:
    """
    Add numbers, or concatenate texts or lists.

    Args:
        left: The first operand.
        right: The second operand.

    Returns:
        The sum.

    Raises:
        ExpressionFault: The result exceeds the limits.
    """
    if hasattr(left, "__len__") and hasattr(right, "__len__"):
        check_size(len(left) + len(right))
        spend_copy(left)
        spend_copy(right)
    return left + right


def modulo(left: Any, right: Any) -> Any:
    """
    Compute the remainder of a division; `%` doesn't format texts here.

    Args:
        left: The dividend.
        right: The divisor.

    Returns:
        The remainder.

    Raises:
        ExpressionFault: The dividend is a text.
    """
    if isinstance(left, (str, bytes)):
        raise ExpressionFault("formats a text with `%`; use concat()")
    return left % right
