"""Tests of statements with the parts of views that they need."""

from __future__ import annotations

from flightlog.store.clickhouse.views import expand


def test_a_statement_gets_the_columns_that_it_names() -> None:
    """Other columns, and the registers behind them, are left out."""
    sql = expand("SELECT started_at FROM executions WHERE status = %s", "db")
    assert sql.endswith(" AS executions WHERE status = %s")
    assert "started_at_r" in sql
    assert "workflow_name" not in sql
    assert "reused_ids" not in sql


def test_a_computed_column_brings_the_columns_that_it_needs() -> None:
    """The error of an execution depends on whether it has ended."""
    sql = expand("SELECT e.error_message FROM executions AS e", "db")
    assert sql.endswith(" AS e")
    assert " AS has_error" in sql
    assert " AS own_error_message" in sql


def test_tables_stay() -> None:
    """Only views are replaced."""
    sql = "SELECT execution_id FROM deleted_executions"
    assert expand(sql, "db") == sql
