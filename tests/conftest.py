"""Settings and fixtures for every test."""

from __future__ import annotations

import contextlib
import gc
import inspect
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import pytest
from hypothesis import settings

from support.access import proved_requests

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories
    from support.postgres import PostgresHistories

# A slow machine must not fail a test, and a failed build must be repeatable.
settings.register_profile(
    "flightlog", deadline=None, max_examples=40, derandomize="CI" in os.environ
)
# `make fuzz` uses ten times Hypothesis's usual 100 examples, and new ones each time.
settings.register_profile("fuzz", deadline=None, max_examples=1_000)
settings.load_profile("flightlog")


@pytest.fixture(autouse=True, scope="session")
def _patient_clients() -> Iterator[None]:
    """Let HTTP clients wait a minute by default, because httpx's 5 s depend on the machine."""
    default = inspect.signature(httpx.Client).parameters["timeout"].default
    with pytest.MonkeyPatch.context() as patch:
        for phase in ("connect", "read", "write", "pool"):
            patch.setattr(default, phase, 60.0)
        assert httpx.Client().timeout == httpx.Timeout(60)
        yield


@pytest.fixture(autouse=True, scope="session")
def _own_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests from using this user's key and from touching this user's spools."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIGHTLOG_KEY", "the-key-of-all-tests")
        patch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path_factory.mktemp("spool")))
        with proved_requests():
            yield


@pytest.fixture(scope="session")
def postgres_histories() -> Iterator[PostgresHistories]:
    """Start a PostgreSQL server for the tests of this process."""
    from support.postgres import start_postgres  # noqa: PLC0415 - few tests need the driver

    with start_postgres() as histories:
        yield histories


@pytest.fixture(scope="session")
def clickhouse_histories() -> Iterator[ClickHouseHistories]:
    """Start ClickHouse's engine for the tests of this process."""
    from support.clickhouse import ClickHouseHistories  # noqa: PLC0415 - few tests need the engine

    with contextlib.closing(ClickHouseHistories()) as histories:
        yield histories


# Tracing makes Python more than twice as slow. So coverage shows which lines the first examples of
# each test in these folders run; of the contract, with the stores that have fewer tests of their
# own than SQLite. Property tests, child processes, and other folders' tests aren't traced.
_MEASURED: Final = {"unit", "contract", "migration"}
_MEASURED_EXAMPLES: Final = 5
_TESTS: Final = Path(__file__).parent


def _name_measured(item: pytest.Item) -> str | None:
    """Name what coverage measures with this test; None if it measures nothing."""
    folder = item.path.relative_to(_TESTS).parts[0]
    is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    if is_property or folder not in _MEASURED or item.get_closest_marker("no_cover") is not None:
        return None
    callspec = getattr(item, "callspec", None)
    store = callspec.params.get("new_store", "") if callspec is not None else ""
    return None if store == "sqlite" else f"{item.nodeid.partition('[')[0]} {store}"


# Stores and spools wait for the disk whenever they make something durable, which took half of the
# suite's time. A directory in memory needs no waiting.
_MEMORY: Final = Path("/dev/shm")
_SPACE: Final = 4 << 30


def pytest_configure() -> None:
    """Keep temporary files in memory, where Linux offers that and TMPDIR names no other place."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    if shutil.disk_usage(_MEMORY).free >= _SPACE:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # Pytest has read the variable already.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make security`."""
    parser.addoption("--long", action="store_true", help="also run the tests marked `long`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out long tests, and measure no coverage outside of the folders that are for it."""
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    measured: Counter[str] = Counter()
    for item in items:
        name = _name_measured(item)
        if name is None or measured[name] == _MEASURED_EXAMPLES:
            item.add_marker(pytest.mark.no_cover)
        else:
            measured[name] += 1


def pytest_collection_finish() -> None:
    """Exclude the imported libraries and all test modules from every later garbage collection."""
    gc.collect()
    gc.freeze()
