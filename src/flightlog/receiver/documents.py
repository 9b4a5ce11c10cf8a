"""
Where credentials are kept: `Documents` of one kind, each by its name.

`FileDocuments` keeps them beside a history in a file. `shared_access` keeps those of a server's
history in its database.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_MAX_BYTES: Final = 4096
_SUFFIX: Final = ".json"


class Documents(Protocol):
    """Small documents of one kind; safe to use from several threads and processes."""

    @property
    def place(self) -> str:
        """Where the documents are, for messages."""
        ...

    def list_names(self) -> Sequence[str]:
        """
        List the documents.

        Returns:
            Their names.

        Raises:
            OSError: The documents can't be listed.
        """
        ...

    def has_any(self) -> bool:
        """
        Check whether there is a document.

        Returns:
            False also if the documents can't be listed.
        """
        ...

    def read(self, name: str) -> bytes | None:
        """
        Read a document.

        Args:
            name: The name.

        Returns:
            The document; None if there is none that can be trusted.
        """
        ...

    def add(self, name: str, data: bytes, expires_at: datetime | None) -> None:
        """
        Add a document.

        Args:
            name: The name, which is new.
            data: The document.
            expires_at: When its time is over; None: never.

        Raises:
            OSError: The document can't be written.
            StoreError: The database can't be changed.
        """
        ...

    def delete(self, name: str) -> bool:
        """
        Delete a document.

        Args:
            name: The name.

        Returns:
            False if there is none.

        Raises:
            OSError: The document can't be deleted.
            StoreError: The database can't be changed.
        """
        ...


class FileDocuments:
    """
    Documents as files of a directory that only its owner can read; see `Documents`.

    One file for each document makes adding and deleting it atomic.

    Args:
        find_directory: Finds the directory, which may be another one later.
    """

    def __init__(self, find_directory: Callable[[], Path]) -> None:
        self._find_directory = find_directory

    @property
    def path(self) -> Path:
        """The directory."""
        return self._find_directory()

    @property
    def place(self) -> str:
        """The directory; see `Documents.place`."""
        return str(self.path)

    def list_names(self) -> Sequence[str]:
        """List the documents; see `Documents.list_names`."""
        try:
            with os.scandir(self.path) as entries:
                names = [entry.name for entry in entries]
        except FileNotFoundError:
            return []
        return [name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)]

    def has_any(self) -> bool:
        """Check whether there is a document; see `Documents.has_any`."""
        try:
            with os.scandir(self.path) as entries:
                return any(entry.name.endswith(_SUFFIX) for entry in entries)
        except OSError:
            return False

    def read(self, name: str) -> bytes | None:
        """Read a document that only its owner can write; see `Documents.read`."""
        try:
            descriptor = os.open(self._find_file(name), os.O_RDONLY | _NO_LINK)
            with os.fdopen(descriptor, "rb") as file:
                return file.read(_MAX_BYTES) if _is_private(os.fstat(descriptor)) else None
        except OSError:
            return None

    def add(self, name: str, data: bytes, expires_at: datetime | None) -> None:  # noqa: ARG002
        """Add a document, which stays when its time is over; see `Documents.add`."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        draft = self.path / f".{name}"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINK
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._find_file(name))

    def delete(self, name: str) -> bool:
        """Delete a document; see `Documents.delete`."""
        try:
            self._find_file(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def _find_file(self, name: str) -> Path:
        return self.path / f"{name}{_SUFFIX}"


def _is_private(found: os.stat_result) -> bool:
    # A file that another user can write would let this user in.
    return os.name == "nt" or (found.st_uid == os.geteuid() and not found.st_mode & 0o077)
