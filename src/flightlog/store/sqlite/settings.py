"""What can be set about a SQLite history."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class SqliteSettings(Struct, frozen=True, kw_only=True):
    """How a SQLite history is kept; the defaults are right for nearly everyone."""

    synchronous: Literal["full", "normal"] = "full"
    """`normal` may lose the last commits at a power failure, never at a crash."""
    busy_timeout_ms: int = 5_000
    """How long to wait for another process that writes, in milliseconds."""
    checkpoint_bytes: int = 32 * 2**20
    """The write-ahead log is copied into the database when it holds so much."""
    wal_limit_bytes: int = 64 * 2**20
    """Past this, a commit waits for readers so that the write-ahead log can start anew."""
    writer_cache_bytes: int = 24 * 2**20
    """Pages that the writing connection keeps in memory."""
