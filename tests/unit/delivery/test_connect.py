"""The destination of an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.delivery import make_destination
from flightlog.errors import InvalidSettingError
from flightlog.secret_key import load_secret_key


def test_a_url_that_nothing_serves_is_told(tmp_path: Path) -> None:
    """A scheme without a destination is an error that says what to do."""
    with pytest.raises(InvalidSettingError, match=r"sqlite:FILE"):
        make_destination("carrier-pigeon:home", load_secret_key())
