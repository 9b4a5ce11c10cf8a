"""`ProgressFile`: how far a copy has come, so that an interrupted copy can go on."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec
import platformdirs
from msgspec import Struct

_DIGEST: Final = 24


class Place(Struct, frozen=True, kw_only=True):
    """How far a copy has come."""

    cursor: str
    """The cursor of the source's next page of states."""
    executions: int
    """The number of executions before it."""


class ProgressFile:
    """
    Keeps the place of one copy in a file of this user.

    The file is only a hint: a place that is lost or wrong costs time, because the comparison at the
    end of a copy finds every execution that is missing.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    @classmethod
    def for_copy(cls, source: str, target: str) -> ProgressFile:
        """
        Choose the file for a copy.

        Args:
            source: The source as `StorageAddress` shows it; a file with its whole path.
            target: The target, likewise.

        Returns:
            The progress of copies from this source to this target.
        """
        digest = hashlib.sha256(f"{source}\n{target}".encode(errors="surrogateescape")).hexdigest()
        data = platformdirs.user_data_path("flightlog", appauthor=False)
        return cls(data / "copies" / f"{digest[:_DIGEST]}.json")

    def read(self) -> Place | None:
        """
        Read the place at which an interrupted copy can go on.

        Returns:
            The place; None to begin anew.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Place)
        except (OSError, msgspec.MsgspecError):
            return None

    def write(self, place: Place) -> None:
        """
        Keep a place. A failure is ignored, because the copy itself can continue.

        Args:
            place: The place.
        """
        draft = self._path.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(place))
            draft.replace(self._path)

    def remove(self) -> None:
        """Forget the place, because the copy is complete."""
        with contextlib.suppress(OSError):
            self._path.unlink()
