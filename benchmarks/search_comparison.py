"""
The same questions for other programs over the same runs, each run one line or row of JSON.

SQLite scans the JSON with `json_each` and `json_tree`, DuckDB reads NDJSON, and ripgrep searches
the text of NDJSON. None has an index of the values. DuckDB is no dependency of Flightlog: install
it with `pip install duckdb` to include it.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw
from rich.progress import track
from rich.table import Table

from benchmarks import workload
from benchmarks.frame import console
from benchmarks.questions import FREQUENCIES, KINDS, Question, ask

_STEP: Final = 1_000
_WORKFLOWS: Final = 20
_SQLITE: Final = {
    "whole value": "SELECT 1 FROM json_tree(body) WHERE atom = json_extract(?, '$')",
    "path = value": "SELECT 1 FROM json_each(body, '$.nodeExecutions') AS node, "
    "json_each(node.value, '$.output.items') AS item "
    "WHERE item.value ->> '{name}' = json_extract(?, '$')",
    "word": "SELECT 1 FROM json_tree(body) WHERE atom LIKE '%' || json_extract(?, '$') || '%'",
}
_DUCKDB: Final = {
    "whole value": "regexp_matches(body, ?)",
    "path = value": "list_contains("
    "json_extract_string(body, '$.nodeExecutions[*].output.items[*].{name}'), ?)",
    "word": "regexp_matches(body, ?)",
}

Answer = Callable[[Question], float]
"""Asks a question, and returns the milliseconds."""


def compare(directory: Path, runs: int, count: int, flightlog: Answer, limit_s: float) -> None:
    """
    Ask the same questions of Flightlog and of the other programs, and print the times.

    Args:
        directory: The directory for the files.
        runs: The number of runs in the history.
        count: The number of questions of each kind.
        flightlog: Asks Flightlog.
        limit_s: The longest time for an answer; another program is then interrupted.
    """
    lines, rows = directory / "runs.ndjson", directory / "runs.db"
    _write(lines, rows, runs)
    programs: dict[str, Answer] = {"Flightlog": flightlog}
    with apsw.Connection(str(rows)) as connection:
        programs["SQLite, json_each"] = lambda question: _ask_sqlite(connection, question, limit_s)
        if importlib.util.find_spec("duckdb") is not None:
            duckdb = importlib.import_module("duckdb").connect()
            programs["DuckDB"] = lambda question: _ask_duckdb(duckdb, lines, question, limit_s)
        if shutil.which("rg") is not None:
            programs["ripgrep"] = lambda question: _ask_ripgrep(lines, question, limit_s)
        table = Table(title="The first 50 results by other programs, ms", title_justify="left")
        for heading in ("", "", *programs):
            table.add_column(heading, justify="right" if heading else "left")
        for kind in track(KINDS, "comparing", console=console):
            for frequency in FREQUENCIES:
                questions = ask(kind, frequency, count, runs)
                times = [
                    sum(answer(question) for question in questions) / count
                    for answer in programs.values()
                ]
                table.add_row(kind, frequency, *(_write_ms(time_ms, limit_s) for time_ms in times))
    console.print(table)


def _write(lines: Path, rows: Path, runs: int) -> None:
    connection = apsw.Connection(str(rows))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "off")
    connection.execute("CREATE TABLE runs (number INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    steps = workload.ahead(runs, _STEP, workflows=_WORKFLOWS)
    with lines.open("wb") as file:
        for bodies in track(steps, f"writing {runs:,} runs", runs // _STEP, console=console):
            file.writelines(body + b"\n" for body in bodies)
            with connection:
                connection.executemany(
                    "INSERT INTO runs (body) VALUES (?)", [(body.decode(),) for body in bodies]
                )
    connection.close()


def _ask_sqlite(connection: apsw.Connection, question: Question, limit_s: float) -> float:
    test = _SQLITE[question.kind].format(name=question.path.rpartition(".")[2])
    sql = f"SELECT number FROM runs WHERE EXISTS ({test}) ORDER BY number DESC LIMIT 50"
    with _limited(connection.interrupt, limit_s) as took:
        connection.execute(sql, (_write_json(question),)).fetchall()
    return took[0]


def _ask_duckdb(connection: Any, lines: Path, question: Question, limit_s: float) -> float:
    test = _DUCKDB[question.kind].format(name=question.path.rpartition(".")[2])
    bound = question.text
    if question.kind == "whole value":
        bound = f"[:\\[,]{re.escape(_write_json(question))}[,}}\\]]"
    elif question.kind == "word":
        bound = f"(?i)\\b{question.text}\\b"
    source = f"(SELECT json AS body FROM read_ndjson_objects('{lines}'))"
    with _limited(connection.interrupt, limit_s) as took:
        connection.execute(f"SELECT body ->> 'id' FROM {source} WHERE {test} LIMIT 50", [bound])
        connection.fetchall()
    return took[0]


def _ask_ripgrep(lines: Path, question: Question, limit_s: float) -> float:
    # ripgrep knows no paths, but the name before the value.
    value = re.escape(_write_json(question))
    pattern = f"[:\\[,]{value}[,}}\\]]"
    if question.kind == "path = value":
        pattern = f'"{question.path.rpartition(".")[2]}":{value}'
    elif question.kind == "word":
        pattern = f"(?i)\\b{question.text}\\b"
    with _limited(lambda: None, limit_s) as took:
        subprocess.run(
            ["rg", "--max-count=50", "--only-matching", "--no-line-number", pattern, lines],
            stdout=subprocess.DEVNULL,
            check=False,
            timeout=limit_s,
        )
    return took[0]


def _write_json(question: Question) -> str:
    is_number = question.text.isdecimal()
    return question.text if is_number else json.dumps(question.text)


@contextmanager
def _limited(interrupt: Callable[[], None], limit_s: float) -> Iterator[list[float]]:
    """Interrupt a program after a while; afterwards the list has the milliseconds."""
    took: list[float] = []
    timer = threading.Timer(limit_s, interrupt)
    timer.start()
    began = time.perf_counter()
    try:
        yield took
    except Exception:
        if time.perf_counter() - began < limit_s:
            raise
    finally:
        timer.cancel()
        took.append((time.perf_counter() - began) * 1000)


def _write_ms(took_ms: float, limit_s: float) -> str:
    if took_ms >= limit_s * 1000:
        return f"over {limit_s * 1000:,.0f}"
    return f"{took_ms:,.0f}" if took_ms >= 100 else f"{took_ms:.1f}"
