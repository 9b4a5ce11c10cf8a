"""The settings of a history in PostgreSQL."""

from __future__ import annotations

from msgspec import Struct


class PostgresSettings(Struct, frozen=True, kw_only=True):
    """How a PostgreSQL history is used; the defaults suit nearly every use."""

    schema: str = "flightlog"
    """The schema of the tables; a missing schema is created."""
    connections: int = 8
    """The most idle connections for reading that are kept open."""
    connect_timeout_s: int = 5
    """How long to wait for the server when connecting, seconds."""
    lock_timeout_ms: int = 10_000
    """How long a statement waits for a lock, e.g. of another receiver, milliseconds."""
    idle_timeout_ms: int = 60_000
    """
    How long the server keeps a transaction without a statement, milliseconds. It ends those of a
    receiver that stopped, or whose machine is away, and so their locks.
    """
    write_timeout_ms: int = 60_000
    """How long one statement that writes may take, milliseconds."""
    read_timeout_ms: int = 30_000
    """How long one statement that reads may take, milliseconds."""
