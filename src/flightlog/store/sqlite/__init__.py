"""
Executions in one SQLite file, through apsw.

`store` reads and writes, and `readonly` only reads. `open_database`, `watch`, `exchange`, `access`
and `sources` decide which file is open and whether the file is still in place. The other modules
are small and named after their task.
"""

from flightlog.extras import require_extra

with require_extra("server"):
    from flightlog.store.sqlite.migrate import Migration
    from flightlog.store.sqlite.readonly import ReadOnlyStore
    from flightlog.store.sqlite.settings import SqliteSettings
    from flightlog.store.sqlite.store import SqliteStore

__all__ = ["Migration", "ReadOnlyStore", "SqliteSettings", "SqliteStore"]
