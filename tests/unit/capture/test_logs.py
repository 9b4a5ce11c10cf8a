"""Log records of a node's code are recorded with the node."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec import UNSET

from flightlog.capture import Recorder
from flightlog.capture.logs import KEPT_FIRST, KEPT_LAST, structlog_processor
from flightlog.record.model import NodeExecution
from support.recordings import Recording, node, recording, value

log = logging.getLogger("shop.orders")


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    log.setLevel(logging.INFO)
    yield
    log.setLevel(logging.NOTSET)


def logs(found: NodeExecution) -> list[tuple[str, str, str]]:
    """Return level, logger and message of a node's log records."""
    entries = value(found.logs)
    assert all(set(entry) == {"time", "level", "logger", "message"} for entry in entries)
    assert all(entry["time"].endswith("Z") for entry in entries)
    return [(entry["level"], entry["logger"], entry["message"]) for entry in entries]


def run(made: Recording, work: Callable[[], object]) -> NodeExecution:
    """Return the node `work` of a run that calls a function."""
    with made.recorder.execution() as execution, execution.node("work"):
        work()
    return node(made.execution(), "work")


def test_records_belong_to_the_node_that_wrote_them(tmp_path: Path) -> None:
    """Nodes within nodes, coroutines and threads of pools keep their own records."""
    with recording(tmp_path) as made:
        recorder = made.recorder

        @recorder.node
        def inner(number: int) -> None:
            log.info("inner %d", number)

        @recorder.node
        async def later() -> None:
            await asyncio.sleep(0)
            log.warning("later")

        @recorder.workflow
        def work() -> None:
            log.info("before")
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(inner, [1, 2]))
            asyncio.run(later())
            log.debug("not let through")
            log.info("after")

        work()
        log.info("outside")
        execution = made.execution()
    assert logs(execution.node_executions[0]) == [
        ("INFO", "shop.orders", "before"),
        ("INFO", "shop.orders", "after"),
    ]
    assert sorted(
        logs(found)[0][2] for found in execution.node_executions if found.node_id == "inner"
    ) == ["inner 1", "inner 2"]
    assert logs(node(execution, "later")) == [("WARNING", "shop.orders", "later")]


def test_secrets_are_removed_and_exceptions_are_named(tmp_path: Path) -> None:
    """Log records are redacted like payloads; an exception's type and message are added."""

    def work() -> None:
        log.info("token is %s", "ghp_" + "0aB1" * 9)
        with contextlib.suppress(KeyError):
            try:
                raise KeyError("price")
            except KeyError:
                log.exception("no price")
                raise

    with recording(tmp_path) as made:
        (_, _, secret), failed = logs(run(made, work))
    assert "ghp_" not in secret
    assert secret.startswith("token is [REDACTED:")
    assert failed == ("ERROR", "shop.orders", "no price\nKeyError: 'price'")


class Loud:
    """An argument whose code must not run."""

    def __str__(self) -> str:
        raise AssertionError("recording ran code of an argument")

    __repr__ = __str__


def test_capturing_runs_no_code_of_arguments(tmp_path: Path) -> None:
    """Where no handler of the program formats the record, the argument's type is recorded."""

    def work() -> None:
        log.info("got %s and %d", Loud(), 7)
        log.info("%(a)s", {"a": Loud()})
        log.info("%d", Loud())
        log.info(Loud())

    before, log.propagate = log.propagate, False
    log.addHandler(logging.NullHandler())
    try:
        with recording(tmp_path) as made:
            found = [message for _, _, message in logs(run(made, work))]
            assert made.recorder.status().swallowed == 0
    finally:
        log.propagate = before
        log.handlers.clear()
    assert found[0].endswith("Loud and 7")
    assert all("Loud" in message for message in found)


def test_many_records_are_bounded(tmp_path: Path) -> None:
    """The first and the last records are kept, a long one is cut, and a gap is mentioned."""

    def work() -> None:
        log.info("x" * 100_000)
        for number in range(2_000):
            log.info("record %d", number)

    messages: list[bytes] = []
    with recording(tmp_path, observer=messages.append) as made:
        found = [message for _, _, message in logs(run(made, work))]
    assert len(found) == KEPT_FIRST + 1 + KEPT_LAST
    assert found[0].endswith("… (96,000 more characters)")
    assert found[KEPT_FIRST] == f"{2_001 - KEPT_FIRST - KEPT_LAST:,} log records are left out here"
    assert found[-1] == "record 1999"
    assert len(messages) < 20


def test_records_before_a_crash_are_kept(tmp_path: Path) -> None:
    """A record is written while the node runs, because a killed process writes no end."""
    messages: list[bytes] = []
    with recording(tmp_path, observer=messages.append) as made:
        with made.recorder.execution() as execution, execution.node("work"):
            log.info("last words")
            assert b"last words" in messages[-1]
            assert b'"status":"running"' in messages[-1]


def test_logging_of_the_program_stays_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No handler is added, so that `basicConfig` and the last resort work as before."""
    handlers = list(logging.getLogger().handlers)
    with recording(tmp_path, logs=False) as made:
        found = run(made, lambda: log.info("hello"))
    assert logging.getLogger().handlers == handlers
    assert found.logs is UNSET


@pytest.mark.parametrize("prints", [True, False])
def test_prints_are_recorded_if_wanted(
    tmp_path: Path, prints: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `prints=True` the printed text is a record; text for files is not."""

    def work() -> None:
        print("sum", 7, sep="=")  # noqa: T201 - the subject
        with Path(os.devnull).open("w") as nowhere:
            print("elsewhere", file=nowhere)
        log.info("logged")

    with recording(tmp_path, prints=prints) as made:
        found = logs(run(made, work))
    assert capsys.readouterr().out == "sum=7\n"
    printed = [("INFO", "print", "sum=7")] if prints else []
    assert found == [*printed, ("INFO", "shop.orders", "logged")]


def test_structlog_events_are_recorded_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The processor records events with their fields, and none that `logging` gets."""
    structlog = pytest.importorskip("structlog")
    processors = [structlog.processors.add_log_level, structlog_processor]

    def work() -> None:
        native = structlog.wrap_logger(
            structlog.PrintLogger(),
            processors=[*processors, structlog.processors.KeyValueRenderer()],
        )
        native.bind(order=7).warning("declined", limit=1000)
        standard = structlog.wrap_logger(
            log,
            processors=[*processors, structlog.processors.KeyValueRenderer(["event"])],
            wrapper_class=structlog.stdlib.BoundLogger,
        )
        standard.info("again")

    with recording(tmp_path) as made:
        native, standard = logs(run(made, work))
    assert native == ("WARNING", "structlog", "declined order=7 limit=1000")
    assert standard[:2] == ("INFO", "shop.orders")
    assert "event='again'" in standard[2]


def test_a_fault_of_capturing_does_not_reach_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault is counted, and the program's own logging goes on."""
    with recording(tmp_path) as made:
        recorder = made.recorder

        def broken(*_: object) -> None:
            raise RuntimeError("fault")

        with recorder.execution() as execution, execution.node("work") as work:
            monkeypatch.setattr(work, "note_log", broken)
            log.info("still logged")
        assert recorder.status().swallowed == 1


def test_names_and_tags_of_runs(tmp_path: Path) -> None:
    """A decorated workflow fills in its arguments; a run can be renamed while it runs."""
    with recording(tmp_path) as made:
        recorder: Recorder = made.recorder

        @recorder.workflow(name="Order {order.id} of {customer}", tags={"customer": "{customer}"})
        def take(order: dict[str, int], customer: str, secret: object = None) -> None:
            pass

        @recorder.workflow(name="{nothing.x} {order.missing}")
        def unnamed() -> None:
            execution = recorder.current
            assert execution is not None
            execution.name = "token ghp_" + "0aB1" * 9

        take({"id": 7}, customer="Ada")
        unnamed()
        with recorder.execution(name="third", tags={"a": "b"}):
            pass
        first, second, third = made.executions()
    assert (first.name, first.tags) == ("Order 7 of Ada", {"customer": "Ada"})
    assert second.name is not None
    assert second.name.startswith("token [REDACTED:")
    assert (third.name, third.tags) == ("third", {"a": "b"})
