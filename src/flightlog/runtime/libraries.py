"""The libraries of providers: which a workflow needs, and how to install a missing one."""

from __future__ import annotations

import asyncio
import importlib
import shlex
import threading
from collections.abc import Collection
from importlib.util import find_spec
from typing import Any, Final

from flightlog.errors import MissingLibraryError

REQUIREMENTS: Final = {
    "anthropic": "anthropic>=2.0",
    "openai": "openai>=3.0",
    "groq": "groq>=1.0",
    "voyageai": "voyageai>=0.5",
    "psycopg": "psycopg[binary]>=3.2",
}
"""The requirement line of each library, by the name of its module."""

_found: Final[set[str]] = set()
_loaded: Final[dict[str, Any]] = {}
_loading: Final = threading.Lock()


def check_libraries(names: Collection[str]) -> None:
    """
    Check that libraries are installed, without importing them.

    Args:
        names: The names of the libraries' modules.

    Raises:
        MissingLibraryError: Libraries are missing; the hint is the command that installs them.
    """
    missing = [name for name in names if name not in _found and find_spec(name) is None]
    _found.update(set(names) - set(missing))
    if missing:
        lines = " ".join(shlex.quote(REQUIREMENTS.get(name, name)) for name in missing)
        raise MissingLibraryError(missing, f"pip install {lines}")


async def load_library(name: str) -> Any:
    """
    Import a library in a thread, because an SDK's import takes a second or more.

    Args:
        name: The name of the module.

    Returns:
        The module.

    Raises:
        MissingLibraryError: The library is missing.
    """
    if name not in _loaded:
        check_libraries([name.partition(".")[0]])
        _loaded[name] = await asyncio.to_thread(_import_alone, name)
    return _loaded[name]


def _import_alone(name: str) -> Any:
    # The SDKs share libraries. Two threads that each import one would wait for each other's locks,
    # and Python then hands out modules that are half initialized.
    with _loading:
        return importlib.import_module(name)
