from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from .conftest import evaluate


@pytest.mark.parametrize(
    "moment",
    [date(2026, 3, 4), datetime(2026, 3, 4, tzinfo=UTC).replace(tzinfo=None), "2026-03-04 00:00"],
)
def test_times_of_python_are_times_too(moment: Any) -> None:
    """A time without a time zone counts as UTC."""
    assert (
        evaluate("{{ item | format('YYYY-MM-DD HH:mm ZZ') }}", item=moment)
        == "2026-03-04 00:00 +0000"
    )
