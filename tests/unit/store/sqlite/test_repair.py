"""Histories with damaged files: what is readable goes on, and the damaged file is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import apsw
import pytest

from flightlog.clock import utc_now
from flightlog.errors import (
    StoreError,
    StoreForeignError,
    StoreFullError,
    StoreUnavailableError,
)
from flightlog.logger import ExecutionLogger
from flightlog.record.model import WorkflowExecution
from flightlog.store.results import Repair
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.sqlite.backup import find_damage
from flightlog.store.sqlite.repair import (
    SALVAGED,
    find_unsalvaged,
    quarantine,
    quarantine_unreadable,
)
from flightlog.store.sqlite.sources import open_in_place
from support.damage import PAGE_BYTES, damage_header, overwrite_pages, truncate
from support.programs import read_line, start_program
from support.records import record

EXECUTIONS = 250


def never() -> bool:
    """Let a repair go on."""
    return False


def make_record(number: int, random: Random) -> WorkflowExecution:
    """Make a record with a small, a compressed and a large payload."""
    nodes = [
        {
            "nodeId": f"node-{place}",
            "nodeName": "Node",
            "nodeType": "python",
            "status": "success",
            "input": {"place": place},
            "output": {"text": f"order {number} " * random.randrange(1, 100)},
        }
        for place in range(3)
    ]
    data = random.randbytes(6000).hex() if number % 20 == 0 else {"order": number}
    return record(
        f"run-{number:04}",
        startedAt=f"2026-11-22T{number // 60:02}:{number % 60:02}:00Z",
        nodeExecutions=nodes,
        trigger={"type": "http", "data": data},
    )


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Make a history of 250 executions, one of which is starred and one of which was deleted."""
    path, random = tmp_path / "history.db", Random(11)
    with ExecutionLogger(path) as logger:
        for start in range(0, EXECUTIONS, 50):
            logger.log_executions(
                [make_record(number, random) for number in range(start, start + 50)]
            )
        logger.writer.set_star("run-0007", starred=True)
        logger.log_execution(record("deleted"))
        logger.delete_execution("deleted")
        logger.writer.note_sent("process-1", 12)
    return path


def read_all(path: Path) -> dict[str, WorkflowExecution]:
    """Read the executions of a history by their ids."""
    with ExecutionLogger(path) as logger:
        ids = logger.reader.find_ids("", 10_000)
        found = {each: logger.get_execution(each) for each in ids}
        return {each: execution for each, execution in found.items() if execution is not None}


def find_kept(path: Path) -> list[Path]:
    """List the damaged files whose records were salvaged."""
    found = path.parent.glob(f"{path.name}{SALVAGED}*")
    return [each for each in found if not each.name.endswith("-wal")]


def repair(path: Path) -> Repair:
    """Open a history as a receiver does, and repair it."""
    try:
        logger = ExecutionLogger(path)
    except StoreError as error:
        quarantine_unreadable(path, error, utc_now)
        logger = ExecutionLogger(path)
    with logger:
        return logger.writer.repair(never)


def test_a_sound_history_stays_as_it_is(history: Path) -> None:
    """A check of a sound history finds nothing and moves nothing."""
    with ExecutionLogger(history) as logger:
        assert not logger.writer.needs_check()
        assert logger.writer.repair(never) == Repair()
    assert {each.name for each in history.parent.iterdir()} == {"history.db"}


def test_a_history_of_a_killed_process_needs_a_check(history: Path) -> None:
    """After SIGKILL the next process checks the history once."""
    with start_program("store_writes_and_waits", history) as program:
        read_line(program)
        program.kill()
    with ExecutionLogger(history) as logger:
        assert logger.writer.needs_check()
        assert logger.writer.repair(never) == Repair()
        assert not logger.writer.needs_check()


def test_everything_of_a_sound_file_is_salvaged(history: Path) -> None:
    """Records, stars, deletions and the ledger come back exactly, also from the log."""
    before = read_all(history)
    with ExecutionLogger(history) as logger:
        logger.log_execution(record("in-the-log"))
        quarantine(history, "a test", utc_now)
        found = logger.writer.repair(never)
        assert found == Repair(executions=EXECUTIONS + 1)
        assert logger.log_execution(record("deleted")).deleted == ("deleted",)
        assert logger.reader.read_ledger().missing == 12
        assert logger.get_stats().total == EXECUTIONS + 1
    after = read_all(history)
    assert after.pop("in-the-log").status == "success"
    assert after == before
    assert after["run-0007"].starred
    assert find_unsalvaged(history) == []
    assert len(find_kept(history)) == 1


Damage = Callable[[Path, Random], None]


def damage_pages(path: Path, random: Random) -> None:
    """Overwrite ten pages."""
    overwrite_pages(path, 10, random)


def damage_half(path: Path, random: Random) -> None:
    """Overwrite half of the pages."""
    overwrite_pages(path, path.stat().st_size // PAGE_BYTES // 2, random)


def damage_first_page(path: Path, random: Random) -> None:
    """Overwrite the page that has the header and the schema."""
    with path.open("r+b") as file:
        file.write(random.randbytes(PAGE_BYTES))


@pytest.mark.parametrize(
    ("damage", "least"),
    [
        (damage_pages, 0.7),
        (damage_half, 0.2),
        (damage_header, 1.0),
        (damage_first_page, 1.0),
        (truncate, 0.2),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_what_is_readable_of_a_damaged_file_comes_back(
    history: Path, damage: Damage, least: float, seed: int
) -> None:
    """Each salvaged execution equals the original, but for placeholders and lost nodes."""
    before = read_all(history)
    damage(history, Random(seed))
    found = repair(history)
    after = read_all(history)
    assert len(after) == found.executions >= least * EXECUTIONS
    assert after.keys() <= before.keys()
    for execution_id, execution in after.items():
        original = before[execution_id]
        assert execution.started_at == original.started_at
        outputs = {node.node_id: node.output for node in original.node_executions}
        for node in execution.node_executions:
            is_lost = b"lost with a damaged page" in bytes(node.output or b"")
            assert is_lost or node.output == outputs[node.node_id]
    (kept,) = find_kept(history)
    assert kept.stat().st_size
    with ExecutionLogger(history) as logger:
        assert not logger.writer.needs_check()
        assert logger.reader.health().changes


def test_records_are_taken_while_a_damaged_file_is_salvaged(history: Path) -> None:
    """A record that arrives between check and salvage is stored, and joined with the old one."""
    overwrite_pages(history, 3, Random(1), first=10)
    with ExecutionLogger(history) as logger:
        quarantine(history, "a test", utc_now)
        logger.log_execution(record("new"))
        assert logger.get_stats().total == 1
        assert logger.writer.needs_check()
        found = logger.writer.repair(never)
        assert logger.get_stats().total == found.executions + 1


def test_an_interrupted_salvage_begins_again(history: Path) -> None:
    """A receiver that ends meanwhile leaves the damaged file waiting for the next one."""
    overwrite_pages(history, 3, Random(1), first=10)
    calls = 0

    def end_soon() -> bool:
        nonlocal calls
        calls += 1
        return calls > 5

    with ExecutionLogger(history) as logger:
        quarantine(history, "a test", utc_now)
        logger.writer.repair(end_soon)
        assert len(find_unsalvaged(history)) == 1
    with ExecutionLogger(history) as logger:
        assert logger.writer.needs_check()
        assert logger.writer.repair(never).executions > EXECUTIONS // 2
    assert find_unsalvaged(history) == []
    assert [each for each in history.parent.iterdir() if each.suffix == ".partial"] == []


def test_damage_that_a_call_finds_is_repaired(history: Path) -> None:
    """A call that meets a damaged page fails; after the repair the history works."""
    store = SqliteStore(history)
    try:
        connection = apsw.Connection(str(history))
        (found,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'node_executions_by_execution'"
        )
        connection.close()
    finally:
        store.close()
    with history.open("r+b") as file:
        file.seek((found[0] - 1) * PAGE_BYTES)
        file.write(Random(1).randbytes(PAGE_BYTES))
    store = SqliteStore(history)
    try:
        assert not store.needs_check()
        with pytest.raises(StoreUnavailableError, match="damaged"):
            store.get("run-0007")
        assert store.needs_check()
        repaired = store.repair(never)
        assert repaired.damage
        assert repaired.executions == EXECUTIONS
        assert store.get("run-0007") is not None
        assert store.merge([record("new")]).created == 1
    finally:
        store.close()


@pytest.mark.parametrize("pages", [1, 2, 10])
def test_a_history_that_lost_all_its_executions_goes_on_empty(history: Path, pages: int) -> None:
    """A file that was cut so far is moved aside nevertheless, because its header is a history's."""
    with history.open("r+b") as file:
        file.truncate(pages * PAGE_BYTES - 50)
    repaired = repair(history)
    assert repaired.executions == 0
    assert len(find_kept(history)) == 1
    with ExecutionLogger(history) as logger:
        assert logger.log_execution(record("new")).created == 1


def test_files_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    """A text is not moved, and neither is a history that can't be opened for another reason."""
    text = tmp_path / "text.db"
    text.write_bytes(b"not a history " * 4000)
    with pytest.raises(StoreForeignError) as refused:
        SqliteStore(text)
    assert quarantine_unreadable(text, refused.value, utc_now) is None
    assert quarantine_unreadable(text, StoreFullError(str(text)), utc_now) is None
    assert [each.name for each in tmp_path.iterdir()] == ["text.db"]


@pytest.mark.parametrize("pages", [1, 3, 40])
def test_a_damaged_search_index_is_made_anew_and_nothing_else_changes(
    tmp_path: Path, pages: int
) -> None:
    """Random bytes in pages of the index alone: no salvage, no other file, and a whole index."""
    path, random = tmp_path / "history.db", Random(pages)
    records = [make_record(number, random) for number in range(100)]
    with ExecutionLogger(path) as logger:
        logger.log_executions(records)
        while logger.writer.index_portion().more:
            pass
    connection = apsw.Connection(str(path))
    rows = connection.execute("SELECT pageno FROM dbstat WHERE name GLOB 'search_*'").fetchall()
    connection.close()
    with path.open("r+b") as file:
        for (page,) in random.sample(rows, pages):
            file.seek((int(str(page)) - 1) * PAGE_BYTES)
            file.write(random.randbytes(PAGE_BYTES))
    with ExecutionLogger(path) as logger:
        found = logger.writer.repair(never)
        assert found.is_index_alone
        assert "only the search index" in found.describe()
        assert logger.reader.health().not_indexed == 100
        logger.log_execution(record("later"))
        while logger.writer.index_portion().more:
            pass
        assert logger.reader.health().not_indexed == 0
        assert [logger.get_execution(each.id) for each in records] == records
        assert logger.delete_execution(records[0].id)
        assert logger.writer.repair(never) == Repair()
    assert not list(tmp_path.glob("*.damaged-*"))
    assert not list(tmp_path.glob("*.salvaged-*"))
    with open_in_place(path, SqliteSettings()) as connection:
        assert find_damage(connection) is None
