"""The libraries that a workflow needs."""

from __future__ import annotations

import asyncio
import json

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


def test_library_is_loaded_once() -> None:
    """A loaded module is returned as it is, and a missing one is an error."""
    assert asyncio.run(load_library("json")) is json
    with pytest.raises(MissingLibraryError):
        asyncio.run(load_library("no_such_library_a.sub"))
