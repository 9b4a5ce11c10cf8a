"""
Executions in one SQLite file, through apsw.

`store` is the `ExecutionStore` that writes, `readonly` the one that only reads. Beside them are
small modules by what they do: `access`, `opened`, `watch` and `exchange` (which file is open, and
whether it is still there), `sources`, `connection`, `migrate`, `commit`, `checkpoint`, `writer`,
`joining`, `waiting`, `ledger`, `payloads`, `aggregates`, `erase`, `reading`, `reader`, `rows`,
`registers`, `columns`.
"""

from flightlog.extras import needs_extra

with needs_extra("server"):
    from flightlog.store.sqlite.migrate import Migration
    from flightlog.store.sqlite.readonly import ReadOnlyStore
    from flightlog.store.sqlite.settings import SqliteSettings
    from flightlog.store.sqlite.store import SqliteStore

__all__ = ["Migration", "ReadOnlyStore", "SqliteSettings", "SqliteStore"]
