"""The libraries that a workflow needs."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from flightlog.errors import MissingLibraryError
from flightlog.runtime.libraries import REQUIREMENTS, check_libraries, load_library


def test_missing_libraries_are_named_with_a_command() -> None:
    """The hint installs all missing libraries at once; a known library has its version."""
    with pytest.raises(MissingLibraryError) as caught:
        check_libraries(["json", "no_such_library_a", "no_such_library_b"])
    assert "no_such_library_a" in caught.value.message
    assert "pip install no_such_library_a no_such_library_b" in caught.value.hint
    assert "json" not in caught.value.hint


def test_installed_libraries_pass() -> None:
    """Every library of the development environment is found without an import."""
    check_libraries(list(REQUIREMENTS))


def test_library_that_another_node_is_loading_is_awaited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second node gets the whole module, not the half that the first one has loaded."""
    (tmp_path / "slow_sdk.py").write_text("from slow_sdk_gates import wait\nREADY = wait()\n")
    started, go = threading.Event(), threading.Event()

    def wait() -> bool:
        started.set()
        return go.wait(60)

    gates = ModuleType("slow_sdk_gates")
    gates.wait = wait  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "slow_sdk_gates", gates)
    monkeypatch.syspath_prepend(str(tmp_path))

    async def load() -> bool:
        return hasattr(await load_library("slow_sdk"), "READY")

    async def load_twice() -> list[bool]:
        first = asyncio.create_task(load())
        assert await asyncio.to_thread(started.wait, 60)
        second = asyncio.create_task(load())
        await asyncio.wait([second], timeout=0.01)
        go.set()
        return list(await asyncio.gather(first, second))

    assert asyncio.run(load_twice()) == [True, True]
    monkeypatch.delitem(sys.modules, "slow_sdk")


def test_library_is_loaded_once() -> None:
    """A loaded module is returned as it is, and a missing one is an error."""
    assert asyncio.run(load_library("json")) is json
    with pytest.raises(MissingLibraryError):
        asyncio.run(load_library("no_such_library_a.sub"))
