from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.import_ import BATCH_RECORDS, COMPLAINTS
from flightlog.logger import ExecutionLogger
from support.import_files import END, START, tricky_record

from .conftest import line

Flightlog = Callable[..., Any]


@pytest.fixture
def take(tmp_path: Path, flightlog: Flightlog) -> Callable[..., Any]:
    """Import a file with this content into a new history."""

    def call(content: str, *options: str) -> Any:
        path = tmp_path / "in.txt"
        path.write_text(content, encoding="utf-8")
        return flightlog("import", path, "--db", tmp_path / "new.db", *options)

    return call


@pytest.fixture
def ids(tmp_path: Path, flightlog: Flightlog) -> Callable[[], list[str]]:
    """List the ids in the history."""

    def call() -> list[str]:
        page = json.loads(flightlog("list", "--json", "--db", tmp_path / "new.db").out)
        return sorted(execution["id"] for execution in page["executions"])

    return call


@pytest.mark.parametrize(
    "content",
    [
        line("a") + "\n\n" + line("b") + "\n",
        "\ufeff" + line("a") + "\r\n" + line("b"),
        f"[{line('a')},\n {line('b')}]",
        f"\n {START}\n{line('a')}\n{END}\nGET /\n{START}{line('b')}",
        f'{{"level": "info"}}\n{START}\n{line("a")}\n{END}\n{START}\n{line("b")}\n{END}\n',
        f"[INFO] start\n{START}\n{line('a')}\n{END}\n{START}\n{line('b')}\n{END}\n",
    ],
    ids=["ndjson", "ndjson-from-windows", "array", "test-run", "json-log", "bracket-log"],
)
def test_each_kind_of_file_is_told_from_the_others(
    content: str, take: Callable[..., Any], ids: Callable[[], list[str]]
) -> None:
    """NDJSON, an array and a test run's output give the same executions."""
    ended = take(content)
    assert (ended.code, ended.out, ended.err) == (0, "Imported 2 executions.\n", "")
    assert ids() == ["a", "b"]


def test_one_record_over_several_lines_is_one_record(
    take: Callable[..., Any], ids: Callable[[], list[str]]
) -> None:
    """A pretty-printed record is read as one record."""
    assert take(json.dumps(json.loads(line("a")), indent=2)).code == 0
    assert ids() == ["a"]


def test_a_bad_line_is_named_and_the_others_are_imported(
    take: Callable[..., Any], ids: Callable[[], list[str]]
) -> None:
    """Even a bad first line costs only itself; the exit code reports the refusal."""
    ended = take("\n".join(['{"id": tru', line("a"), line("b", status="done"), line("c")]))
    assert ended.code == 1
    assert ended.out == "Imported 2 executions, 2 refused.\n"
    assert "in.txt, line 1: refused: " in ended.err
    assert "in.txt, line 3: refused: `$.status`: invalid enum value 'done'" in ended.err
    assert ids() == ["a", "c"]


def test_a_bad_record_of_an_array_is_named_by_its_place(
    take: Callable[..., Any], ids: Callable[[], list[str]]
) -> None:
    """The other records are imported; NaN becomes text as in a test run."""
    ended = take(f"[{line('a')}, 7, {line('b', trigger={'type': 'x', 'data': float('nan')})}]")
    assert (ended.code, ids()) == (1, ["a", "b"])
    assert "record 2: refused" in ended.err


def test_an_array_that_breaks_off_is_refused_as_a_whole(take: Callable[..., Any]) -> None:
    """The array is refused, because the limits of its records are unknown."""
    ended = take(f"[{line('a')},")
    assert (ended.code, ended.out) == (1, "Imported 0 executions, 1 refused.\n")


def test_a_file_of_no_known_kind_is_refused(take: Callable[..., Any]) -> None:
    """An access log without markers is refused."""
    assert "neither JSON nor the output of a test run" in take("GET / 200\n").err


def test_complaints_have_an_end(take: Callable[..., Any]) -> None:
    """The first of thousands of bad lines are reported, and the rest are counted."""
    ended = take(line("a") + "\n" + "{}\n" * (COMPLAINTS + 5))
    assert ended.err.count("refused: `$") == COMPLAINTS
    assert "5 more were refused" in ended.err


def test_importing_again_changes_nothing(take: Callable[..., Any], tmp_path: Path) -> None:
    """Known records are counted as known; a deleted execution stays deleted."""
    many = "\n".join(line(f"run-{number:04}") for number in range(BATCH_RECORDS + 10))
    assert take(many).out == f"Imported {BATCH_RECORDS + 10} executions.\n"
    with ExecutionLogger(tmp_path / "new.db") as logger:
        logger.delete_execution("run-0000")
    assert take(many).out == (
        f"Imported 0 executions, {BATCH_RECORDS + 9} already known, "
        "1 deleted before and left out.\n"
    )
    changed = take(line("run-0001", status="error", revision=1) + "\n" + line("new"))
    assert changed.out == "Imported 2 executions (1 new, 1 changed).\n"


def test_the_workflow_of_a_fatal_record_can_be_named(
    take: Callable[..., Any], tmp_path: Path, flightlog: Flightlog
) -> None:
    """`--workflow` adds the workflow that the record lacks."""
    ended = take(f'{START}{{"status":"error","error":"boom"}}{END}', "--workflow", "orders")
    assert ended.code == 0
    listed = flightlog("list", "--workflow", "orders", "--db", tmp_path / "new.db").out
    assert listed.rstrip().endswith("boom")


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    tmp_path: Path, flightlog: Flightlog
) -> None:
    """The file is reported, and the exit code is 1."""
    (tmp_path / "a.json").write_text(line("a"))
    ended = flightlog("import", tmp_path / "none", tmp_path / "a.json", "--db", tmp_path / "new.db")
    assert (ended.code, ended.out) == (1, "Imported 1 execution, 1 file not read.\n")
    assert "none: No such file or directory." in ended.err


def test_a_pipe_is_read_like_a_file(tmp_path: Path, flightlog: Flightlog) -> None:
    """The kind of a pipe's content is recognized, although a pipe can't be read twice."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(START + line("a"),))
    writer.start()
    ended = flightlog("import", pipe, "--db", tmp_path / "new.db")
    writer.join()
    assert ended.out == "Imported 1 execution.\n"


def test_our_own_output_imported_again_changes_nothing(
    tmp_path: Path, flightlog: Flightlog
) -> None:
    """An import of the same history's `list --json`, `show --json` or `export` adds nothing."""
    path = tmp_path / "history.db"
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "error", "input": {"a": 1}}
    failed = {"message": "no " * 500, "stack": "x\n" * 500, "nodeId": "n"}
    with ExecutionLogger(path) as logger:
        logger.log_executions(
            [tricky_record("run-1", status="error", error=failed, nodeExecutions=[node] * 3)]
        )
        before = logger.get_execution("run-1")
    for words in (["list", "--json"], ["show", "run-1", "--json"], ["export", "-"]):
        output = tmp_path / "out"
        output.write_text(flightlog(*words, "--db", path).out)
        ended = flightlog("import", output, "--db", path)
        assert ended.out == "Imported 0 executions, 1 already known.\n"
        other = tmp_path / f"{words[0]}.db"
        assert flightlog("import", output, "--db", other).out == "Imported 1 execution.\n"
        again = flightlog("import", output, "--db", other)
        assert again.out == "Imported 0 executions, 1 already known.\n"
    with ExecutionLogger(path) as logger:
        assert logger.get_execution("run-1") == before
