"""Keep what receivers share beside a history in PostgreSQL; see `flightlog.store.documents`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final

from flightlog.clock import Clock
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one, load_queries, run

KEPT_LINES: Final = 100_000
"""The lines of the audit log that stay, about 20 MB."""

_queries: Final = load_queries("documents.sql")


class PostgresDocuments:
    """
    Documents in a database; see `SharedDocuments`.

    Args:
        reading: Lends a connection within a read transaction.
        change: Runs a change in a transaction.
        clock: The current time.
    """

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Connection]],
        change: Callable[[Callable[[Connection], bool]], bool],
        clock: Clock,
    ) -> None:
        self._reading = reading
        self._change = change
        self._clock = clock

    def list_documents(self, kinds: Sequence[str], /) -> Mapping[tuple[str, str], bytes]:
        """Read all documents of some kinds; see `SharedDocuments.list_documents`."""
        bound = {"kinds": list(kinds), "now": self._clock()}
        with self._reading() as connection:
            rows = fetch_all(connection, _queries["list"], bound)
        return {(kind, name): bytes(data) for kind, name, data in rows}

    def add_document(
        self, kind: str, name: str, data: bytes, expires_at: datetime | None, /
    ) -> bool:
        """Add a document; see `SharedDocuments.add_document`."""
        bound = {"kind": kind, "name": name, "data": data, "expires_at": expires_at}

        def add(connection: Connection) -> bool:
            run(connection, _queries["forget"], {"kind": kind, "now": self._clock()})
            return fetch_one(connection, _queries["add"], bound) is not None

        return self._change(add)

    def replace_document(self, kind: str, name: str, old: bytes, new: bytes, /) -> bool:
        """Replace an unchanged document; see `SharedDocuments.replace_document`."""
        bound = {"kind": kind, "name": name, "old": old, "new": new}
        return self._change(
            lambda connection: fetch_one(connection, _queries["replace"], bound) is not None
        )

    def delete_document(self, kind: str, name: str, /) -> bool:
        """Delete a document; see `SharedDocuments.delete_document`."""
        bound = {"kind": kind, "name": name}
        return self._change(
            lambda connection: fetch_one(connection, _queries["delete"], bound) is not None
        )

    def append_audit(self, lines: Sequence[bytes], /) -> None:
        """Append lines to the audit log; see `SharedDocuments.append_audit`."""

        def append(connection: Connection) -> bool:
            run(connection, _queries["append_audit"], {"lines": list(lines)})
            run(connection, _queries["bound_audit"], {"kept": KEPT_LINES})
            return True

        self._change(append)

    def read_audit(self, limit: int, /) -> list[bytes]:
        """Read the newest lines; see `SharedDocuments.read_audit`."""
        with self._reading() as connection:
            rows = fetch_all(connection, _queries["read_audit"], {"limit": limit})
        return [bytes(row[0]) for row in rows]
