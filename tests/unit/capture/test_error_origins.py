"""The node that an exception comes from."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from flightlog.capture import Recorder
from flightlog.capture.error_origins import ErrorOrigins
from support.recordings import node, recording


def fail_in_a_node(recorder: Recorder, fault: Exception) -> None:
    """Record a run whose inner node raises."""
    with recorder.execution() as run, run.node("outer"), run.node("charge"):
        raise fault


def test_an_exception_goes_on_and_is_recorded_with_its_node(tmp_path: Path) -> None:
    """The workflow gets its own exception, unchanged; the record has its type, place and stack."""
    fault = ValueError("card declined")
    with recording(tmp_path) as made:
        with pytest.raises(ValueError, match="card declined") as caught:
            fail_in_a_node(made.recorder, fault)
        assert caught.value is fault
        assert not hasattr(fault, "__notes__")
        execution = made.execution()
    error = execution.error
    assert error is not None
    assert (error.message, error.type, error.kind, error.node_id) == (
        "card declined",
        "ValueError",
        "exception",
        "charge",
    )
    assert error.stack is not None
    assert "raise fault" in error.stack
    charge, outer = node(execution, "charge").error, node(execution, "outer").error
    assert charge is not None
    assert charge.stack is not None
    assert outer is not None
    assert (outer.node_id, outer.stack) == ("charge", None)


def test_the_node_of_a_cause_is_found(tmp_path: Path) -> None:
    """An error that the workflow raises from a node's error still names that node."""
    with recording(tmp_path) as made:
        with suppress(RuntimeError), made.recorder.execution() as run:
            try:
                with run.node("fetch"):
                    raise KeyError("id")
            except KeyError as error:
                raise RuntimeError("no order") from error
        execution = made.execution()
    assert execution.error is not None
    assert execution.error.node_id == "fetch"


def test_an_exception_is_not_taken_for_one_that_is_gone(tmp_path: Path) -> None:
    """Among many like exceptions, of which only one lives at a time, each has its own node."""
    with recording(tmp_path) as made:
        with suppress(ValueError), made.recorder.execution() as run:
            with run.node("all"):
                for number in range(20):
                    with suppress(ValueError), run.node(f"part-{number}"):
                        raise ValueError(number)
                raise ValueError("all")
        execution = made.execution()
    errors = [node_run.error for node_run in execution.node_executions]
    assert len(errors) == 21
    assert all(error is not None and error.stack and error.node_id is None for error in errors)
    assert execution.error is not None
    assert execution.error.node_id == "all"


def test_what_a_node_makes_of_an_error_before_it_is_its_own(tmp_path: Path) -> None:
    """A node that fails while an earlier node's error is handled keeps its own stack."""
    with recording(tmp_path) as made:
        with suppress(RuntimeError), made.recorder.execution() as run:
            try:
                with run.node("fetch"):
                    raise KeyError("id")
            except KeyError:
                with run.node("instead"):
                    raise RuntimeError("nor here")  # noqa: B904 - its context is the point
        execution = made.execution()
    instead = node(execution, "instead").error
    assert instead is not None
    assert instead.node_id is None
    assert instead.stack is not None
    assert execution.error is not None
    assert execution.error.node_id == "instead"


def test_the_node_of_a_long_chain_of_causes_is_found_at_once() -> None:
    """The time to find an exception's node doesn't double with each cause."""
    asked = 0

    class CountedError(ValueError):
        @property
        def __cause__(self) -> BaseException | None:  # type: ignore[override]  # on purpose
            nonlocal asked
            asked += 1
            raise RuntimeError("not yours to ask")

    error: BaseException = CountedError()
    for _ in range(60):
        outer = ValueError()
        outer.__cause__ = outer.__context__ = error
        error = outer
    origins = ErrorOrigins()
    assert origins.find(error) is None
    assert origins.note(error, "a", 0) == "a"
    assert asked == 0


@pytest.mark.parametrize("fault", [RuntimeError, SystemExit])
def test_an_exception_that_cannot_be_asked_goes_on(
    tmp_path: Path, fault: type[BaseException]
) -> None:
    """An exception whose own methods raise is recorded, and reaches the workflow unchanged."""

    class SilentError(Exception):
        def __str__(self) -> str:
            raise fault

        def __getattribute__(self, name: str) -> object:
            raise fault

    with recording(tmp_path) as made:
        passed = False
        try:
            with made.recorder.execution() as run, run.node("a"):
                raise SilentError
        except SilentError:
            passed = True
        execution = made.execution()
    assert passed
    error = node(execution, "a").error
    assert error is not None
    assert execution.error is not None
    assert execution.error.node_id == "a"
