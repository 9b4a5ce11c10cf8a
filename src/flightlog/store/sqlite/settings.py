"""The settings of a SQLite history."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class SqliteSettings(Struct, frozen=True, kw_only=True):
    """How a SQLite history is kept; the defaults suit nearly every use."""

    synchronous: Literal["full", "normal"] = "full"
    """`normal` may lose the last commits when the power fails, but not when a process crashes."""
    busy_timeout_ms: int = 5_000
    """How long to wait for another process that writes, milliseconds."""
    checkpoint_bytes: int = 32 * 2**20
    """Size of the write-ahead log at which a checkpoint copies the log into the database, bytes."""
    wal_limit_bytes: int = 64 * 2**20
    """Log size beyond which commits wait shortly for readers, so that the log restarts, bytes."""
    wal_refuse_bytes: int = 96 * 2**20
    """Log size beyond which nothing is stored until the log has restarted, bytes."""
    read_timeout_ms: int = 5_000
    """How long a call may read while the log is larger than `wal_limit_bytes`, milliseconds."""
    longest_read_ms: int = 60_000
    """How long a call may read at all, milliseconds."""
    writer_cache_bytes: int = 24 * 2**20
    """Size of the page cache of the writing connection, bytes."""
