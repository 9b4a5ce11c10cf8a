"""Read JSON numbers exactly."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def read_number(text: str) -> Decimal | None:
    """
    Read a JSON number exactly.

    Args:
        text: The number as it is written.

    Returns:
        The number; None if the text is no finite number, or its exponent is too large.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
