"""
`SharedDocuments`: small documents, and an audit log, that the receivers of a history share.

The documents are tokens, sessions and one-time codes, as the receiver writes them. A history in a
file has files beside it instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable


@runtime_checkable
class SharedDocuments(Protocol):
    """Documents by kind and name; safe to use from several threads, and by several receivers."""

    def list_documents(self, kinds: Sequence[str], /) -> Mapping[tuple[str, str], bytes]:
        """
        Read all documents of some kinds.

        Args:
            kinds: The kinds.

        Returns:
            The documents by kind and name, without those whose time is over.

        Raises:
            StoreError: The database can't be read.
        """
        ...

    def add_document(
        self, kind: str, name: str, data: bytes, expires_at: datetime | None, /
    ) -> bool:
        """
        Add a document, and delete those of its kind whose time has been over for a day.

        Args:
            kind: The kind.
            name: The name.
            data: The document.
            expires_at: When its time is over; None: never.

        Returns:
            False if there is a document of that name already, which stays.

        Raises:
            StoreError: The database can't be changed.
        """
        ...

    def replace_document(self, kind: str, name: str, old: bytes, new: bytes, /) -> bool:
        """
        Replace a document unless another receiver has changed it.

        Args:
            kind: The kind.
            name: The name.
            old: The document as it was read.
            new: The new document.

        Returns:
            Whether it was replaced.

        Raises:
            StoreError: The database can't be changed.
        """
        ...

    def delete_document(self, kind: str, name: str, /) -> bool:
        """
        Delete a document.

        Args:
            kind: The kind.
            name: The name.

        Returns:
            False if there was none.

        Raises:
            StoreError: The database can't be changed.
        """
        ...

    def append_audit(self, lines: Sequence[bytes], /) -> None:
        """
        Append lines to the audit log, and delete the oldest ones beyond its bound.

        Args:
            lines: The lines.

        Raises:
            StoreError: The database can't be changed.
        """
        ...

    def read_audit(self, limit: int, /) -> list[bytes]:
        """
        Read the newest lines of the audit log.

        Args:
            limit: The largest number of lines.

        Returns:
            The lines, the newest first.

        Raises:
            StoreError: The database can't be read.
        """
        ...


def find_documents(store: object) -> SharedDocuments | None:
    """
    Find the documents that the receivers of a history share.

    Args:
        store: The store of the history, opened for writing.

    Returns:
        The documents; None for a history that has files beside it.
    """
    found = getattr(store, "documents", None)
    return found if isinstance(found, SharedDocuments) else None
