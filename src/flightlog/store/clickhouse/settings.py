"""The settings of a history in ClickHouse."""

from __future__ import annotations

from msgspec import Struct


class ClickHouseSettings(Struct, frozen=True, kw_only=True):
    """How a ClickHouse history is used; the defaults suit nearly every use."""

    database: str = "flightlog"
    """The database of the tables, unless the address names one; a missing database is created."""
    is_synced: bool = True
    """Whether each insertion waits until its files are on disk."""
    waits_for_async_insert: bool = False
    """Whether the server may gather the insertions of several receivers; each one waits for it."""
    connect_timeout_s: int = 5
    """How long to wait for the server when connecting, seconds."""
    write_timeout_s: int = 60
    """How long one insertion may take, seconds."""
    read_timeout_s: int = 30
    """How long one statement that reads may take, seconds."""
    poll_interval_s: float = 0.5
    """How often the changes of other receivers are read, seconds."""
