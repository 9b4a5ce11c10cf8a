"""
Copies, pickles and unpickles recorders, executions and nodes.

A copy is the original object, because a copy could hold nothing of its own. Unpickling in the
process that pickled the object returns the original object, too. In another process, unpickling
makes a new recorder from the settings; an execution or node becomes an object of
`flightlog.capture.joined`. A pickle never holds a key, a registered secret, the user name and
password in a URL, or a payload.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakKeyDictionary, WeakValueDictionary

from msgspec import Struct

from flightlog.capture.settings import Durability, ThreadScope, chosen_url
from flightlog.record.model import ExecutionMode
from flightlog.redaction import RedactionRules

if TYPE_CHECKING:
    from flightlog.capture.execution import Execution
    from flightlog.capture.node import NodeRun
    from flightlog.capture.recorder import Recorder

_MOST_REMADE: Final = 64

_recorders: Final[WeakValueDictionary[str, Recorder]] = WeakValueDictionary()
_remade: Final[dict[str, Recorder]] = {}
"""
Recorders of other processes. They are kept, because each task of a pool unpickles its recorder
again.
"""
_shared: Final[WeakValueDictionary[str, Execution | NodeRun]] = WeakValueDictionary()
_keys: Final[WeakKeyDictionary[Execution | NodeRun, str]] = WeakKeyDictionary()


class RecorderSettings(Struct, frozen=True, kw_only=True):
    """The settings from which another process makes the recorder again."""

    key: str
    """A random key by which the recorder's own process finds the recorder."""
    workflow_id: str
    workflow_name: str | None
    url: str | None
    """As given, without credentials; None: the environment decides."""
    spool_dir: str | None
    """As given, absolute; None: the environment decides."""
    project_id: str | None
    mode: ExecutionMode | None
    redaction: RedactionRules | None
    max_payload_bytes: int
    max_spool_bytes: int
    durability: Durability
    drain_timeout_s: float
    threads: ThreadScope | None
    """As given; None: the environment decides."""

    def full_url(self) -> str | None:
        """
        Return the URL with the credentials from this process's environment.

        Returns:
            None where the environment decides, which it also does for the same URL with
            credentials; otherwise the URL without credentials.
        """
        same = self.url is not None and self.url == without_credentials(chosen_url(None))
        return None if same else self.url


class CopiedAsItself:
    """An object whose copies, shallow and deep, are the object."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def new_key() -> str:
    """
    Make a random key by which a process finds an object.

    Returns:
        32 hexadecimal digits.
    """
    return os.urandom(16).hex()


def without_credentials(url: str) -> str:
    """
    Remove the parts of a URL that may be secret: user name, password, query and fragment.

    Args:
        url: The URL of a setting; `sqlite:FILE` has none of these parts.

    Returns:
        The URL without these parts.
    """
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def register(recorder: Recorder, key: str) -> None:
    """
    Register a recorder, so that unpickling in this process finds it.

    Args:
        recorder: The recorder.
        key: The recorder's key.
    """
    _recorders[key] = recorder


def recorder_for(kind: type[Recorder], settings: RecorderSettings) -> Recorder:
    """
    Unpickle a recorder.

    Args:
        kind: The recorder's class.
        settings: The recorder's settings.

    Returns:
        The same recorder in its own process; in another process, a recorder made from the settings.
    """
    found = _recorders.get(settings.key)
    if found is None:
        found = kind.__new__(kind)
        found.set_up(settings, settings.full_url())
        if len(_remade) >= _MOST_REMADE:
            _remade.pop(next(iter(_remade)), None)
        # If two threads unpickle at once, both get the first thread's recorder.
        found = _remade.setdefault(settings.key, found)
        _recorders[settings.key] = found
    return found


def key_for(scope: Execution | NodeRun) -> str:
    """
    Give an execution or node the key by which unpickling in this process finds it.

    Args:
        scope: The execution or node.

    Returns:
        The key; the same key at each call.
    """
    key = _keys.get(scope)
    if key is None:
        key = _keys[scope] = new_key()
        _shared[key] = scope
    return key


def shared(key: str) -> Execution | NodeRun | None:
    """
    Find an execution or node of this process by its key.

    Args:
        key: The key.

    Returns:
        The execution or node; None where this process has none with this key.
    """
    return _shared.get(key)


def keep_key(scope: Execution | NodeRun, key: str) -> None:
    """
    Note the key of an execution or node of another process.

    An object that is sent back to its own process becomes the original object there.

    Args:
        scope: The execution or node.
        key: The key that its own process gave it.
    """
    _keys[scope] = key
