"""
Copies, pickles and unpickles executions and nodes.

A copy is the original object, because a copy could hold nothing of its own. Unpickling in the
process that pickled the object returns the original object, too. In another process, an execution
or node becomes an object of `flightlog.capture.remote`. A pickle never holds a key, a registered
secret, the user name and password in a URL, or a payload.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, Self
from weakref import WeakKeyDictionary, WeakValueDictionary

_shared: Final[WeakValueDictionary[str, object]] = WeakValueDictionary()
_keys: Final[WeakKeyDictionary[object, str]] = WeakKeyDictionary()
_unpicklers: Final[dict[str, Callable[..., object]]] = {}


class CopiedAsItself:
    """An object whose copies, shallow and deep, are the object."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def make_key() -> str:
    """
    Make a random key by which a process finds an object.

    Returns:
        32 hexadecimal digits.
    """
    return os.urandom(16).hex()


def assign_key(scope: object) -> str:
    """
    Give an execution or node the key by which unpickling in this process finds it.

    Args:
        scope: The execution or node.

    Returns:
        The key; the same key at each call.
    """
    key = _keys.get(scope)
    if key is None:
        key = _keys[scope] = make_key()
        _shared[key] = scope
    return key


def set_unpickler(kind: str, unpickle_in_other_process: Callable[..., object]) -> None:
    """
    Set how another process continues with a kind of object.

    Args:
        kind: The kind.
        unpickle_in_other_process: Makes the object from the arguments of `unpickle`.
    """
    _unpicklers[kind] = unpickle_in_other_process


def unpickle(kind: str, key: str, *arguments: object) -> object:
    """
    Unpickle an execution or node; pickles name this function.

    Args:
        kind: Which unpickler to use.
        key: The object's key.
        arguments: The unpickler's arguments.

    Returns:
        The same object in its own process; otherwise an object that continues in this process.
    """
    found = _shared.get(key)
    if found is None:
        found = _unpicklers[kind](*arguments)
        # An object that is sent back to its own process becomes the original object there.
        _keys[found] = key
    return found
