"""
Search: the first 50 results of values, words and pieces over HTTP, and what the index costs.

The receiver is a separate process with a warm history of runs whose payloads all differ. The same
questions are asked again while runs arrive. Then other programs answer some of the questions over
the same runs (`search_comparison`), and runs are stored with and without the index.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from typing import Any, Final

import apsw
import cyclopts
import httpx
from msgspec import Struct
from rich.progress import track
from rich.table import Table

from benchmarks import search_comparison, workload
from benchmarks.frame import Contestant, Target, console, present, race, rate_table, ratio
from benchmarks.load import send
from benchmarks.questions import FREQUENCIES, KINDS, Frequency, Kind, Question, ask
from benchmarks.serving import Served, serving
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_lines
from flightlog.secret_key import load_secret_key, write_access_header

_WORKFLOWS: Final = 20
_STEP: Final = 1_000
_CALL: Final = 200
_BATCH: Final = 50
_SHOWN: Final = 50
_RETRY_S: Final = 0.1
_ASKED: Final[tuple[tuple[Kind, Frequency], ...]] = (
    *((kind, frequency) for kind in KINDS for frequency in FREQUENCIES),
    ("piece of an id", "rare"),
    ("other text", "rare"),
)
_INDEX_SIZE: Final = """
SELECT name LIKE 'search_parts%', sum(pgsize) FROM dbstat('main', 1)
WHERE name LIKE 'search_%' GROUP BY 1
"""


class _Answer(Struct, frozen=True, kw_only=True):
    took_ms: float
    rows: int
    is_cut: bool


class _Filled(Struct, frozen=True, kw_only=True):
    storing_ms: float
    indexing_ms: float
    blocked_ms: list[float]
    """The longest transaction of each portion of the index, by the clock."""


def measure(
    directory: Path,
    *,
    runs: int = 100_000,
    questions: int = 500,
    rate: int = 500,
    compared: int = 1,
    limit_s: int = 120,
    size: int = 2_000,
    rounds: int = 4,
    history: Path | None = None,
) -> list[Target]:
    """
    Fill a history, ask, and compare.

    Args:
        directory: The directory for the databases.
        runs: The number of runs in the history.
        questions: The number of questions of each kind.
        rate: The number of runs that arrive each second in the second part; 0: no second part.
        compared: The number of questions of each kind that the other programs answer; 0: none.
        limit_s: The longest time for an answer of another program, seconds.
        size: The number of runs in a round of storing.
        rounds: The number of rounds of storing; 0: none.
        history: The file of the history, which is kept, and filled only if it is missing.

    Returns:
        The targets with their measured values.
    """
    database = directory / "history.db" if history is None else history
    filled = None if database.exists() else _fill(database, runs)
    targets = _describe_size(database, runs, filled)
    with serving(database) as served:
        quiet = _ask_all(served, runs, questions)
        targets += _describe_answers("Search over HTTP, first 50 results", quiet)
        if rate:
            _ask_while_runs_arrive(served, runs, questions, rate)
        if compared:
            answer = lambda question: _ask(served, question).took_ms  # noqa: E731
            search_comparison.compare(directory, runs, compared, answer, limit_s)
    return [*targets, *(_compare_storing(directory, rounds, size) if rounds else ())]


def _ask_while_runs_arrive(served: Served, runs: int, questions: int, rate: int) -> None:
    with _arriving(served, rate, runs) as sent:
        busy = _ask_all(served, runs, max(1, questions // 5))
    arrived = f"{sent[0] / sent[1]:.0f} runs/s arrived"
    _describe_answers(f"The same while runs arrive ({arrived}, {rate} were offered)", busy)
    console.print(f"Not indexed at the end: {_count_waiting(served):,} runs.")


def _fill(database: Path, runs: int) -> _Filled:
    with ExecutionLogger(database) as logger:
        began = time.process_time()
        steps = workload.ahead(runs, _STEP, workflows=_WORKFLOWS)
        for bodies in track(steps, f"storing {runs:,} runs", runs // _STEP, console=console):
            for batch in workload.batches(bodies, _CALL):
                logger.log_executions(decode_lines(batch))
        stored = time.process_time()
        blocked_ms: list[float] = []
        with console.status("indexing"):
            more = True
            while more:
                indexed_portion = logger.writer.index_portion()
                blocked_ms.append(indexed_portion.longest_s * 1000)
                more = indexed_portion.more
        indexed = time.process_time()
    return _Filled(
        storing_ms=(stored - began) / runs * 1000,
        indexing_ms=(indexed - stored) / runs * 1000,
        blocked_ms=sorted(blocked_ms),
    )


def _describe_size(database: Path, runs: int, filled: _Filled | None) -> list[Target]:
    with apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY) as connection:
        words, parts = (row[1] for row in connection.execute(_INDEX_SIZE))
    # Runs have nearly the same size.
    received = runs * sum(map(len, workload.runs(0, _STEP))) / _STEP
    table = Table(title="Index", title_justify="left", show_header=False)
    table.add_row("JSON received", f"{received / 2**20:,.0f} MiB")
    for name, size in (("words and hashes", words), ("parts", parts)):
        table.add_row(name, f"{size / received:.3f} of the JSON")
    rest = database.stat().st_size - words - parts
    table.add_row("database without the index", f"{rest / received:.3f} of the JSON")
    if filled is not None:
        table.add_row("storing a run", f"{filled.storing_ms:.2f} ms of processor time")
        table.add_row("indexing a run", f"{filled.indexing_ms:.2f} ms of processor time")
        some = filled.blocked_ms
        table.add_row(
            "a transaction of the index, by the clock",
            f"median {median(some):.1f} ms, p99 {some[int(len(some) * 0.99)]:.1f}, "
            f"worst {some[-1]:.1f}",
        )
    console.print(table)
    share = (words + parts) / received
    targets = [Target(name="index, of the JSON", value=share, bound=0.2, kind="at most")]
    if filled is not None:
        targets.append(_at_most("transaction of the index, worst", filled.blocked_ms[-1], 20))
    return targets


Answers = dict[tuple[Kind, Frequency], list[_Answer]]


def _ask_all(served: Served, runs: int, count: int) -> Answers:
    answers: Answers = {}
    plain = Question(kind="no query", frequency="frequent", query="", text="")
    answers["no query", "frequent"] = [_ask(served, plain) for _ in range(count)]
    for kind, frequency in track(_ASKED, "asking", console=console):
        asked = ask(kind, frequency, count, runs)
        for question in asked[:3]:
            _ask(served, question)
        answers[kind, frequency] = [_ask(served, question) for question in asked]
    return answers


def _ask(served: Served, question: Question) -> _Answer:
    parameters = {"q": question.query, "limit": str(_SHOWN)}
    began = time.perf_counter()
    page = _get(served, "/api/summaries", parameters)
    took_ms = (time.perf_counter() - began) * 1000
    rows = len(page["summaries"])
    is_cut = page["searchedTo"] is not None
    if (question.frequency == "absent") != (rows == 0) and not is_cut:
        raise AssertionError(f"{rows} rows for {question}")
    return _Answer(took_ms=took_ms, rows=rows, is_cut=is_cut)


@cache
def _make_client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=600)


def _get(served: Served, path: str, parameters: dict[str, str]) -> Any:
    client = _make_client(served.url)
    request = client.build_request("GET", path, params=parameters)
    target = request.url.raw_path.decode()
    request.headers["authorization"] = write_access_header(
        load_secret_key(), served.port, "GET", target
    )
    return client.send(request).raise_for_status().json()


def _count_waiting(served: Served) -> int:
    waiting: int = _get(served, "/health", {})["history"]["notIndexed"]
    return waiting


def _describe_answers(title: str, answers: Answers) -> list[Target]:
    table = Table(title=title, title_justify="left")
    for heading in ("", "", "median ms", "p95", "worst", "rows", "pages cut"):
        table.add_column(heading, justify="right" if heading else "left")
    targets = []
    for (kind, frequency), some in answers.items():
        times = sorted(answer.took_ms for answer in some)
        cut = sum(answer.is_cut for answer in some)
        table.add_row(
            kind,
            frequency if kind in KINDS else "",
            f"{median(times):.1f}",
            f"{times[int(len(times) * 0.95)]:.1f}",
            f"{times[-1]:.1f}",
            f"{median(answer.rows for answer in some):.0f}",
            f"{cut} of {len(some)}" if cut else "",
        )
        if kind in {"range", "other text", "no query"}:
            continue
        bound = 50 if kind in KINDS else 100
        name = f"{kind}, {frequency}" if kind in KINDS else kind
        targets.append(_at_most(f"{name}, median", median(times), bound))
        if kind in KINDS:
            targets.append(_at_most(f"{name}, worst", times[-1], 200))
    console.print(table)
    return targets


def _at_most(name: str, value: float, bound: float) -> Target:
    return Target(name=name, value=value, bound=bound, kind="at most", unit="ms")


@contextmanager
def _arriving(served: Served, rate: int, first: int) -> Iterator[list[float]]:
    """Let runs arrive; afterwards the list has their number and the time they took."""
    context = get_context("spawn")
    ended, results = context.Event(), context.Queue()
    process = context.Process(target=_arrive, args=(served.port, rate, first, ended, results))
    process.start()
    sent: list[float] = []
    try:
        # The first batches have arrived.
        results.get(timeout=600)
        yield sent
    finally:
        ended.set()
        sent += results.get(timeout=600)
        process.join()


def _arrive(port: int, rate: int, first: int, ended: Event, results: Any) -> None:
    began = time.monotonic()
    number = 0
    with httpx.Client(timeout=600) as client:
        while not ended.is_set():
            bodies = [
                workload.run(first + number + each, workflows=_WORKFLOWS) for each in range(_BATCH)
            ]
            ended.wait(max(0.0, began + number / rate - time.monotonic()))
            while not _send(client, port, b"\n".join(bodies)):
                ended.wait(_RETRY_S)
            number += _BATCH
            if number == 2 * _BATCH:
                results.put(None)
    results.put([number, time.monotonic() - began])


def _send(client: httpx.Client, port: int, body: bytes) -> bool:
    answer = client.post(
        f"http://127.0.0.1:{port}/api/executions",
        content=body,
        headers={"content-type": "application/x-ndjson"},
    )
    if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        answer.raise_for_status()
    return answer.is_success


def _compare_storing(directory: Path, rounds: int, size: int) -> list[Target]:
    with (
        serving(directory / "on.db", "--search-index", "full") as with_index,
        serving(directory / "off.db", "--search-index", "off") as without,
    ):
        contestants: dict[str, Contestant] = {
            "with the index": _sender(with_index),
            "without": _sender(without),
        }
        rates = race(contestants, workload.rounds(rounds + 1, size), total=rounds + 1)
    console.print(rate_table("Storing over HTTP, NDJSON of 50", rates, {"× without": "without"}))
    value = ratio(rates["with the index"], rates["without"])
    return [Target(name="rate of storing with the index", value=value, bound=0.7)]


def _sender(served: Served) -> Contestant:
    def store(bodies: Sequence[bytes]) -> float:
        seconds = send(
            workload.batches(bodies, _BATCH), served.port, "application/x-ndjson"
        ).seconds
        # The next contestant should not pay for indexing that is left over.
        while _count_waiting(served):
            time.sleep(0.1)
        return seconds

    return store


def main(
    *,
    runs: int = 100_000,
    questions: int = 500,
    rate: int = 500,
    compared: int = 1,
    limit_s: int = 120,
    size: int = 2_000,
    rounds: int = 4,
    history: Path | None = None,
    directory: Path | None = None,
) -> None:
    """
    Measure search.

    Args:
        runs: The number of runs in the history.
        questions: The number of questions of each kind.
        rate: The number of runs that arrive each second in the second part; 0: no second part.
        compared: The number of questions of each kind that the other programs answer; 0: none.
        limit_s: The longest time for an answer of another program, seconds.
        size: The number of runs in a round of storing.
        rounds: The number of rounds of storing; 0: none.
        history: The file of the history, which is kept, and filled only if it is missing.
        directory: The directory for temporary databases; 100,000 runs need 7 GB.
    """
    present(
        directory,
        lambda place: measure(
            place,
            runs=runs,
            questions=questions,
            rate=rate,
            compared=compared,
            limit_s=limit_s,
            size=size,
            rounds=rounds,
            history=history,
        ),
    )


if __name__ == "__main__":
    cyclopts.run(main)
