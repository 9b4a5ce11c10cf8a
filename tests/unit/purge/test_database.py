"""A database is rewritten without a value, whatever its schema, or left unchanged with a reason."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from flightlog.errors import InvalidSettingError, StoreForeignError
from flightlog.logger import ExecutionLogger
from flightlog.purge.database import check_alone, count_in_database, purge_database
from flightlog.purge.forms import ValueForms
from flightlog.purge.proof import search_file
from flightlog.store.compression import FIRST_TRAINING_PAYLOADS
from support.editor import make_editor_database
from support.purges import SECRET
from support.records import record


def test_a_dictionary_with_the_value_is_dropped_and_payloads_stay_readable(tmp_path: Path) -> None:
    """Payloads of the dictionary without the value are compressed without the dictionary."""
    path = tmp_path / "history.db"
    data = {"text": f"{SECRET} is part of all of them", "words": ["common"] * 20}
    records = [
        record(f"run-{number}", trigger={"type": "http", "data": {**data, "n": number}})
        for number in range(FIRST_TRAINING_PAYLOADS + 50)
    ]
    other = record("other", trigger={"type": "http", "data": {"words": ["common"] * 100}})
    with ExecutionLogger(path) as logger:
        logger.log_executions(records)
        logger.log_executions([other])
    found = purge_database(path, ValueForms(SECRET))
    assert found.dictionaries == 1
    assert found.payloads == len(records)
    assert not search_file(path, ValueForms(SECRET)).has_value
    with ExecutionLogger(path) as logger:
        read = logger.get_execution("other")
        logger.log_execution(record("later", trigger=other.trigger))
    assert read is not None
    assert read.trigger == other.trigger


def test_payloads_that_become_equal_share_a_row(tmp_path: Path) -> None:
    """Two large payloads differ only in how they write the value."""
    path, padding = tmp_path / "history.db", "x" * 6000
    with ExecutionLogger(path) as logger:
        for name, value in (("a", "Straße 7 b"), ("b", "Stra%C3%9Fe 7 b")):
            trigger = {"type": "http", "data": {"street": value, "padding": padding}}
            logger.log_execution(record(name, trigger=trigger))
    assert purge_database(path, ValueForms("Straße 7 b")).payloads == 2
    with ExecutionLogger(path) as logger:
        first, second = logger.get_execution("a"), logger.get_execution("b")
        assert first is not None
        assert second is not None
        assert first.trigger == second.trigger
        assert logger.delete_execution("a")
        assert logger.get_execution("b") == second


def test_ids_with_the_value_are_rewritten_everywhere(tmp_path: Path) -> None:
    """The node executions, the counts and the tombstones follow."""
    path, name = tmp_path / "history.db", "anna@example.org"
    with ExecutionLogger(path) as logger:
        logger.log_executions(
            [record(f"{name}/{each}", workflowId=f"mail {name}") for each in ("a", "b")]
        )
        logger.delete_execution(f"{name}/b")
    purge_database(path, ValueForms(name))
    with ExecutionLogger(path) as logger:
        found = logger.get_execution("[purged]/a")
        assert found is not None
        assert len(found.node_executions) == 1
        assert logger.get_stats("mail [purged]").total == 1
        assert logger.log_execution(record("[purged]/b")).deleted == ("[purged]/b",)


def test_saved_queries_with_the_value_are_rewritten(tmp_path: Path) -> None:
    """In names and queries, also where the query escapes the value; other queries stay."""
    path, forms = tmp_path / "history.db", ValueForms('say "hi" 7021')
    with ExecutionLogger(path) as logger:
        logger.writer.save_query('about say "hi" 7021', "status:error")
        logger.writer.save_query("escaped", r'output.text:"say \"hi\" 7021"')
        logger.writer.save_query("other", "output.text:7021")
    assert count_in_database(path, forms).rows == 2
    assert purge_database(path, forms).rows == 2
    assert not search_file(path, forms).has_value
    with ExecutionLogger(path) as logger:
        saved = {each.name: each.query for each in logger.reader.list_saved_queries()}
        assert saved["other"] == "output.text:7021"
        assert saved["escaped"] == f'output.text:"{forms.marker}"'
        assert saved[f"about {forms.marker}"] == "status:error"


def test_saved_queries_whose_names_become_equal_are_named(tmp_path: Path) -> None:
    """The message says what to delete, and nothing is changed."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.writer.save_query("Straße 7 b", "a")
        logger.writer.save_query("Stra%C3%9Fe 7 b", "a")
    with pytest.raises(InvalidSettingError, match="several names of saved_queries") as caught:
        purge_database(path, ValueForms("Straße 7 b"))
    assert "flightlog queries --delete" in (caught.value.hint or "")
    with ExecutionLogger(path) as logger:
        assert len(logger.reader.list_saved_queries()) == 2


def test_an_editors_history_is_rewritten(tmp_path: Path) -> None:
    """Its schema has other columns, and no payloads of its own."""
    path = tmp_path / "executions.db"
    make_editor_database(path, later_columns=True)
    database = apsw.Connection(str(path))
    database.execute("UPDATE executions SET trigger_data = json_object('k', ?)", (SECRET,))
    count = database.changes()
    database.close()
    assert count
    assert purge_database(path, ValueForms(SECRET)).rows == count
    assert not search_file(path, ValueForms(SECRET)).has_value
    with ExecutionLogger(path, read_only=True) as logger:
        assert logger.get_stats().total == count


def test_free_pages_and_deleted_rows_are_searched_and_removed(tmp_path: Path) -> None:
    """Another program that deletes without `secure_delete` leaves the value in the file."""
    path, forms = tmp_path / "history.db", ValueForms("a street in a far city")
    with ExecutionLogger(path) as logger:
        logger.log_executions(
            [record(f"run-{n}", name=f"a street in a far city {n}") for n in range(50)]
        )
    database = apsw.Connection(str(path))
    database.pragma("secure_delete", False)
    database.execute("UPDATE executions SET name = NULL")
    database.pragma("wal_checkpoint(truncate)")
    database.close()
    assert count_in_database(path, forms).rows == 0
    assert search_file(path, forms).has_value
    purge_database(path, forms)
    assert not search_file(path, forms).has_value


@pytest.mark.parametrize("value", ["success", "2026-11-22T19", "executions", "trigger_data"])
def test_words_of_the_database_are_refused(tmp_path: Path, value: str) -> None:
    """Statuses, times and names of columns can't be replaced; nothing changes."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record())
    before = path.read_bytes()
    with pytest.raises(InvalidSettingError, match="--query"):
        purge_database(path, ValueForms(value))
    with pytest.raises(InvalidSettingError, match="is found in"):
        count_in_database(path, ValueForms(value))
    with ExecutionLogger(path, read_only=True) as logger:
        assert logger.get_execution("run-1") is not None
    assert len(path.read_bytes()) == len(before)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """Its content stays."""
    path = tmp_path / "other.db"
    database = apsw.Connection(str(path))
    database.execute("CREATE TABLE t (a); INSERT INTO t VALUES ('correct horse')")
    database.close()
    with pytest.raises(StoreForeignError):
        purge_database(path, ValueForms("correct horse"))
    check_alone(path)
    assert b"correct horse" in path.read_bytes()
