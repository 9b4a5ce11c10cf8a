"""
Executions in a ClickHouse database, through clickhouse-connect. This is a preview.

`store` reads and writes. The server joins registers itself (`schema`), so receivers need no lock.
"""

from flightlog.extras import require_extra

with require_extra("clickhouse"):
    from flightlog.store.clickhouse.creation import create_tables, list_statements
    from flightlog.store.clickhouse.settings import ClickHouseSettings
    from flightlog.store.clickhouse.store import ClickHouseStore, ReadOnlyClickHouseStore

__all__ = [
    "ClickHouseSettings",
    "ClickHouseStore",
    "ReadOnlyClickHouseStore",
    "create_tables",
    "list_statements",
]
