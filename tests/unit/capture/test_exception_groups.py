"""Exception groups are recorded by their leaves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from flightlog.capture import Recorder
from flightlog.capture.exception_groups import MAX_LEAVES, MAX_SHOWN
from flightlog.capture.exceptions import MAX_STACK_CHARACTERS
from flightlog.logger import ExecutionLogger
from flightlog.record.model import ExecutionError
from flightlog.store.metrics import ErrorGroup
from flightlog.store.query import HistoryFilter
from support.recordings import node, recording

NOTHING = "unhandled errors in a TaskGroup"


def failure(place: Path, error: BaseException) -> ExecutionError:
    """Return the recorded error of an execution that an exception ended."""
    with recording(place) as made:
        with pytest.raises(BaseException) as raised, made.recorder.execution():  # noqa: PT011 - any exception
            raise error
        assert raised.value is error
        found = made.execution().error
    assert found is not None
    return found


def in_task_group(*functions: Callable[[], BaseException]) -> Callable[[], None]:
    """Make a function whose tasks all fail, each with its own exception."""

    async def fail(function: Callable[[], BaseException]) -> None:
        raise function()

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            for function in functions:
                group.create_task(fail(function))

    return lambda: asyncio.run(run())


def test_task_group_failure_names_its_leaf(tmp_path: Path) -> None:
    """The message is the leaf's, and the leaf's node is named."""
    with recording(tmp_path) as made:

        @made.recorder.node
        async def reserve(sku: str) -> None:
            raise ConnectionError(f"warehouse refused {sku}")

        @made.recorder.workflow
        async def fan_out() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(reserve("A-1"))

        with pytest.raises(ExceptionGroup):
            asyncio.run(fan_out())
        execution = made.execution()
    assert execution.error is not None
    assert execution.error.message == "ConnectionError: warehouse refused A-1"
    assert execution.error.node_id == "reserve"
    assert (execution.error.kind, execution.error.type) == ("exception", "ExceptionGroup")
    root = node(execution, "order-intake").error
    assert root is not None
    assert root.message == execution.error.message


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ([TimeoutError("a"), TimeoutError("b")], "timeout"),
        ([asyncio.CancelledError(), asyncio.CancelledError()], "canceled"),
        ([asyncio.CancelledError(), GeneratorExit()], "canceled"),
        ([ExceptionGroup(NOTHING, [TimeoutError()]), TimeoutError()], "timeout"),
        ([TimeoutError(), ValueError()], "exception"),
        ([TimeoutError(), asyncio.CancelledError()], "exception"),
        ([asyncio.CancelledError(), KeyboardInterrupt()], "interrupted"),
        ([ExceptionGroup("in", [ValueError()]), KeyboardInterrupt()], "interrupted"),
        ([ValueError(), SystemExit(3)], "exit"),
        ([SystemExit(3), KeyboardInterrupt()], "interrupted"),
        ([ValueError(), KeyError()], "exception"),
    ],
    ids=str,
)
def test_kind_of_group_is_what_leaves_agree_on(
    tmp_path: Path, members: Sequence[BaseException], kind: str
) -> None:
    """A group of timeouts is a timeout; Ctrl-C in a group is an interruption."""
    assert failure(tmp_path, BaseExceptionGroup(NOTHING, members)).kind == kind


def test_mixed_kinds_are_named_with_their_leaves(tmp_path: Path) -> None:
    """If leaves differ in kind, each leaf with a special kind shows its kind."""
    group = BaseExceptionGroup(
        NOTHING, [ValueError("bad price"), TimeoutError("no answer"), asyncio.CancelledError()]
    )
    message = failure(tmp_path, group).message
    assert message == (
        "ValueError: bad price; canceled: asyncio.exceptions.CancelledError; "
        "timeout: TimeoutError: no answer"
    )


def test_nested_groups_are_flattened(tmp_path: Path) -> None:
    """Leaves of any depth count; the outermost group's own message stays, except a TaskGroup's."""
    inner = ExceptionGroup("inner", [ExceptionGroup(NOTHING, [ValueError("deep")])])
    error = failure(tmp_path, ExceptionGroup("batch 7 failed", [inner, KeyError("sku")]))
    assert error.message == "batch 7 failed: KeyError: 'sku'; ValueError: deep"


@pytest.mark.parametrize("own", [NOTHING, "Exceptions from Trio nursery", ""])
def test_words_of_task_groups_and_nurseries_are_left_out(tmp_path: Path, own: str) -> None:
    """These messages are the same for every failure."""
    assert failure(tmp_path, ExceptionGroup(own, [ValueError("x")])).message == "ValueError: x"


def test_group_with_text_of_its_own_keeps_it(tmp_path: Path) -> None:
    """A subclass may define its own text."""

    class Declined(ExceptionGroup[Exception]):
        def __str__(self) -> str:
            return "the order was declined"

    message = failure(tmp_path, Declined("x", [ValueError("no stock")])).message
    assert message == "the order was declined: ValueError: no stock"


def test_group_as_cause_is_named(tmp_path: Path) -> None:
    """An exception raised from a group names the leaves, also through another exception."""
    between = RuntimeError("fan-out failed")
    between.__cause__ = ExceptionGroup(NOTHING, [ConnectionError("refused")])
    error = LookupError("order 7")
    error.__cause__ = between
    found = failure(tmp_path, error)
    assert found.message == "order 7 (caused by ConnectionError: refused)"
    assert (found.kind, found.type) == ("exception", "LookupError")


def test_exception_without_group_is_recorded_as_before(tmp_path: Path) -> None:
    """A plain cause adds nothing to a message."""
    error = LookupError("order 7")
    error.__cause__ = ValueError("x")
    assert failure(tmp_path, error).message == "order 7"


def test_equal_leaves_are_counted_once(tmp_path: Path) -> None:
    """A hundred equal failures are one text with its number."""
    group = ExceptionGroup(NOTHING, [ConnectionError("refused") for _ in range(100)])
    assert failure(tmp_path, group).message == "ConnectionError: refused (100 times)"


def test_leaves_beyond_the_bound_are_counted(tmp_path: Path) -> None:
    """A message names a few leaves and the number of further leaves."""
    group = ExceptionGroup(NOTHING, [ValueError(f"order {n}") for n in range(MAX_SHOWN + 5)])
    message = failure(tmp_path, group).message
    assert message.count("ValueError") == MAX_SHOWN
    assert message.endswith("; and 5 more")


def test_long_and_many_line_leaves_become_short_lines(tmp_path: Path) -> None:
    """One leaf can't displace the others in a list."""
    group = ExceptionGroup(NOTHING, [ValueError("a\nb" + "x" * 100_000), KeyError("sku")])
    message = failure(tmp_path, group).message
    assert message.startswith("KeyError: 'sku'; ValueError: a bx")
    assert len(message) < 300
    assert "\n" not in message


def test_huge_group_is_bounded(tmp_path: Path) -> None:
    """Only the first leaves of a million leaves are read."""
    asked: list[int] = []

    class CountedError(Exception):
        def __str__(self) -> str:
            asked.append(1)
            return "x"

    leaf_count = 300_000
    error = failure(tmp_path, ExceptionGroup("huge", [CountedError() for _ in range(leaf_count)]))
    assert error.message.endswith(f"({MAX_LEAVES} times); and more")
    assert error.stack is not None
    assert len(error.stack) < MAX_STACK_CHARACTERS * 2
    assert len(asked) < 20 * MAX_LEAVES


def test_group_that_holds_others_in_a_million_ways_is_bounded(tmp_path: Path) -> None:
    """Groups of twice the same group hold one exception 2**60 times."""
    group: ExceptionGroup[Exception] = ExceptionGroup("x", [ValueError("leaf")])
    for _ in range(60):
        group = ExceptionGroup("x", [group, group])
    error = failure(tmp_path, group)
    assert error.message == "x: ValueError: leaf"
    assert error.stack is not None
    assert "ValueError: leaf" in error.stack


def test_group_that_causes_itself_is_bounded(tmp_path: Path) -> None:
    """A leaf's cause may be the group that holds the leaf."""
    leaf = ValueError("leaf")
    group = ExceptionGroup(NOTHING, [leaf])
    leaf.__cause__ = group
    assert failure(tmp_path, group).message == "ValueError: leaf"


def test_deep_group_is_bounded(tmp_path: Path) -> None:
    """Nesting deeper than Python's stack causes no fault."""
    group: ExceptionGroup[Exception] = ExceptionGroup(NOTHING, [ValueError("deep")])
    for _ in range(5_000):
        group = ExceptionGroup(NOTHING, [group])
    error = failure(tmp_path, group)
    assert error.message == "ValueError: deep"
    assert error.stack is not None
    assert "ValueError: deep" in error.stack


def test_leaf_whose_text_raises_is_named_by_its_type(tmp_path: Path) -> None:
    """A leaf's own class may run any code when its message is read."""

    class BrokenError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    group = ExceptionGroup(NOTHING, [BrokenError(), ValueError("x")])
    message = failure(tmp_path, group).message
    assert "BrokenError: (its message can't be read)" in message
    assert "ValueError: x" in message


def test_secrets_of_leaves_are_removed(tmp_path: Path) -> None:
    """Every leaf is redacted as a whole, before it is put on one line and truncated."""
    secret = "t0psecret-0123456789"
    lines = ["-----BEGIN PRIVATE KEY-----", *["MIIEvQIBADANBgkqhkiG9w0BAQEF"] * 20]
    key = "\n".join([*lines, "-----END PRIVATE KEY-----"])
    with recording(tmp_path) as made:
        made.recorder.register_secret(secret)
        group = ExceptionGroup(
            f"own {secret}", [ValueError(f"token {secret}"), KeyError("x"), ValueError(key)]
        )
        with pytest.raises(ExceptionGroup), made.recorder.execution() as execution:
            with execution.node("charge"):
                raise group
        written = b"".join(made.lines())
    assert secret.encode() not in written
    assert b"MIIEvQIBADANBgkqhkiG9w0BAQEF" not in written


def grouped(place: Path, *failing: Callable[[], None]) -> tuple[ErrorGroup, ...]:
    """Return the error groups of a history with an execution for each failing function."""
    database = place / "history.db"
    recorder = Recorder("fan-out", "Fan out", url=f"sqlite:{database}", spool_dir=place / "spool")
    for fail in failing:
        with pytest.raises(ExceptionGroup), recorder.execution():
            fail()
    assert recorder.flush()
    recorder.close()
    with ExecutionLogger(database) as logger:
        return logger.reader.group_errors(HistoryFilter(), 10).errors


def test_different_failures_are_different_error_groups(tmp_path: Path) -> None:
    """Two TaskGroups that fail for different reasons are two error groups."""
    found = grouped(
        tmp_path,
        in_task_group(lambda: ConnectionError("warehouse refused A-1")),
        in_task_group(lambda: ValueError("bad price")),
    )
    assert {group.message for group in found} == {
        "ConnectionError: warehouse refused A-1",
        "ValueError: bad price",
    }


def test_equal_failures_in_any_order_are_one_error_group(tmp_path: Path) -> None:
    """The order in which tasks fail, and the numbers in their messages, make no difference."""
    chance = random.Random(7)
    failing: list[Callable[[], None]] = []
    for _ in range(6):
        number = chance.randrange(10_000)
        makers: list[Callable[[], BaseException]] = [
            lambda number=number: ConnectionError(f"{number} refused"),  # type: ignore[misc]
            lambda number=number: ConnectionError(f"{number * 7} lost"),  # type: ignore[misc]
            TimeoutError,
        ]
        chance.shuffle(makers)
        failing.append(in_task_group(*makers))
    (found,) = grouped(tmp_path, *failing)
    assert found.count == 6


def named_node(place: Path, *failures: tuple[str, BaseException]) -> tuple[str | None, str]:
    """Return the node and the message recorded for a group of nodes' errors, in this order."""
    with recording(place) as made:
        execution = made.recorder.execution()
        for name, failed in failures:
            with pytest.raises(type(failed)), execution.node(name):
                raise failed
        group = BaseExceptionGroup(NOTHING, [failed for _, failed in failures])
        with pytest.raises(BaseExceptionGroup), execution:
            raise group
        found = made.execution().error
    assert found is not None
    return found.node_id, found.message


def test_equal_failures_name_the_same_node_in_any_order(tmp_path: Path) -> None:
    """The named node doesn't depend on the order in which the nodes failed."""
    failures = ("reserve", ValueError("no stock")), ("price", ValueError("no price"))
    expected = "price", "ValueError: no price; ValueError: no stock"
    assert named_node(tmp_path / "a", *failures) == expected
    assert named_node(tmp_path / "b", *reversed(failures)) == expected


def test_node_that_was_only_cancelled_is_not_named(tmp_path: Path) -> None:
    """The node that failed is named, even if another node comes before it."""
    failures = ("audit", asyncio.CancelledError()), ("reserve", ValueError("no stock"))
    assert named_node(tmp_path, *failures)[0] == "reserve"


def test_anyio_task_group_names_its_leaf(tmp_path: Path) -> None:
    """Other libraries' task groups raise the same type."""
    anyio = pytest.importorskip("anyio")

    async def fail() -> None:
        raise ConnectionError("refused")

    async def run() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(fail)

    with recording(tmp_path) as made:
        with pytest.raises(ExceptionGroup):
            made.recorder.workflow(lambda: asyncio.run(run()))()
        found = made.execution().error
    assert found is not None
    assert found.message == "ConnectionError: refused"
