"""Settings and fixtures for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

# A slow machine must not fail a test, and a failed build must be repeatable.
settings.register_profile("flightlog", deadline=None, derandomize="CI" in os.environ)
# `make fuzz` uses more examples, and new ones each time.
settings.register_profile("fuzz", deadline=None, max_examples=1_000)
settings.load_profile("flightlog")


@pytest.fixture(autouse=True, scope="session")
def _own_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests from using this user's key and from touching this user's spools."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIGHTLOG_KEY", "the-key-of-all-tests")
        patch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path_factory.mktemp("spool")))
        yield


# Tracing makes Python up to 2.5 times slower, so coverage shows which lines the examples of these
# folders run. Property tests, and the tests of whole processes in the other folders, aren't traced.
_MEASURED: Final = {"unit", "contract", "migration"}
_TESTS: Final = Path(__file__).parent


def _is_measured(node: pytest.Item | pytest.Module) -> bool:
    folder = node.path.relative_to(_TESTS).parts[0]
    return folder in _MEASURED and node.get_closest_marker("no_cover") is None


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Measure no coverage outside of the folders that are for it."""
    for item in items:
        is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if is_property or not _is_measured(item):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(autouse=True, scope="module")
def _unmeasured_children(request: pytest.FixtureRequest) -> Iterator[None]:
    """Measure no coverage in child processes of modules whose tests aren't measured."""
    with pytest.MonkeyPatch.context() as patch:
        if not _is_measured(request.node):
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield
