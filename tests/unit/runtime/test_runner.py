from __future__ import annotations

from typing import Any

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime import Node
from support.workflows import History, run_alone


def test_a_workflow_without_steps_fails_its_run(history: History) -> None:
    """The failed run is recorded too."""
    assert isinstance(history.workflow().run().error, InvalidWorkflowError)
    assert history.execution().status == "error"


def test_a_recorded_stack_holds_the_authors_frames_alone(history: History) -> None:
    """The stack lacks the runtime's frames, but has the frame where the author's code raised."""
    workflow = history.workflow()

    def declined(node: Node) -> Any:
        raise ValueError("card declined")

    assert run_alone(workflow, declined).error is not None
    error = history.execution().error
    assert error is not None
    assert error.stack is not None
    assert "flightlog/runtime" not in error.stack
    assert "flightlog/capture" not in error.stack
    assert "in declined" in error.stack
