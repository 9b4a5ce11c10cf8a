"""Settings and fixtures for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A slow machine must not fail a test, and a failed build must be repeatable.
settings.register_profile("flightlog", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("flightlog")


@pytest.fixture(autouse=True, scope="session")
def _own_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests from using this user's key and from touching this user's spools."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIGHTLOG_KEY", "the-key-of-all-tests")
        patch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path_factory.mktemp("spool")))
        yield
