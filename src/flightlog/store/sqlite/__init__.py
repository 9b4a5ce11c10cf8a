"""
Executions in one SQLite file, through apsw.

`store` is the `ExecutionStore`; beside it small modules by what they do: `connection`, `migrate`,
`commit`, `checkpoint`, `writer`, `joining`, `waiting`, `ledger`, `payloads`, `aggregates`, `erase`,
`reader`, `rows`, `registers`, `columns`.
"""

from flightlog.extras import needs_extra

with needs_extra("server"):
    from flightlog.store.sqlite.settings import SqliteSettings
    from flightlog.store.sqlite.store import SqliteStore

__all__ = ["SqliteSettings", "SqliteStore"]
