"""
Executions in a PostgreSQL database, through psycopg.

`store` reads and writes. Several receivers may use one database at the same time. The merge is the
same as in SQLite (`flightlog.store.record_writer`); the modules here hold the SQL, the connections
and the locks.
"""

from flightlog.extras import require_extra

with require_extra("postgres"):
    from flightlog.store.postgres.readonly import ReadOnlyPostgresStore
    from flightlog.store.postgres.settings import PostgresSettings
    from flightlog.store.postgres.store import PostgresStore

__all__ = ["PostgresSettings", "PostgresStore", "ReadOnlyPostgresStore"]
