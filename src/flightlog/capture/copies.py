"""
Recorders, executions and nodes that are copied, pickled and unpickled.

A copy is the object itself: it records, and has nothing that a copy could have for itself. In the
process that it comes from, unpickling gives that very object back. In another process a recorder is
made again from its settings, and an execution or a node becomes one of `joined`. Nothing pickled
holds a key, a registered secret, the name and password in a URL, or a payload.
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
"""Those of other processes; kept, because each task of a pool unpickles its recorder again."""
_shared: Final[WeakValueDictionary[str, Execution | NodeRun]] = WeakValueDictionary()
_keys: Final[WeakKeyDictionary[Execution | NodeRun, str]] = WeakKeyDictionary()


class RecorderSettings(Struct, frozen=True, kw_only=True):
    """What a recorder is made again from in another process."""

    key: str
    """By which the process that it comes from finds the recorder itself; random."""
    workflow_id: str
    workflow_name: str | None
    url: str | None
    """As given, without credentials; None: what the environment says."""
    spool_dir: str | None
    """As given, absolute; None: what the environment says."""
    project_id: str | None
    mode: ExecutionMode | None
    redaction: RedactionRules | None
    max_payload_bytes: int
    max_spool_bytes: int
    durability: Durability
    drain_timeout_s: float
    threads: ThreadScope | None
    """As given; None: what the environment says."""

    def full_url(self) -> str | None:
        """Return the URL with the credentials that this process's environment has for it."""
        same = self.url is not None and self.url == without_credentials(chosen_url(None))
        return None if same else self.url


class CopiedAsItself:
    """An object whose copies, shallow and deep, are the object."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def new_key() -> str:
    """Make what an object is found by in its own process."""
    return os.urandom(16).hex()


def without_credentials(url: str) -> str:
    """
    Leave out what may be secret in a URL: user name, password, query and fragment.

    Args:
        url: As a setting has it; `sqlite:FILE` has none of these.
    """
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def register(recorder: Recorder, key: str) -> None:
    """
    Have a recorder found when it is unpickled in this process.

    Args:
        recorder: The recorder.
        key: Its key.
    """
    _recorders[key] = recorder


def recorder_for(kind: type[Recorder], settings: RecorderSettings) -> Recorder:
    """
    Unpickle a recorder: the same one in its own process, else one made from its settings.

    Args:
        kind: Its class.
        settings: Its settings.
    """
    found = _recorders.get(settings.key)
    if found is None:
        found = kind.__new__(kind)
        found.set_up(settings, settings.full_url())
        if len(_remade) >= _MOST_REMADE:
            _remade.pop(next(iter(_remade)), None)
        # Of two threads that unpickle at once, both get the recorder of the first.
        found = _remade.setdefault(settings.key, found)
        _recorders[settings.key] = found
    return found


def key_for(scope: Execution | NodeRun) -> str:
    """Give an execution or node a key, by which it is found when it is unpickled here."""
    key = _keys.get(scope)
    if key is None:
        key = _keys[scope] = new_key()
        _shared[key] = scope
    return key


def shared(key: str) -> Execution | NodeRun | None:
    """Find an execution or node of this process by its key."""
    return _shared.get(key)


def keep_key(scope: Execution | NodeRun, key: str) -> None:
    """Note the key of one that came from another process: sent back, it is the original there."""
    _keys[scope] = key
