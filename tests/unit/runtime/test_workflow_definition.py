from __future__ import annotations

import pytest

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime import Node, Run
from support.workflows import History, chain, node


def test_a_function_that_is_no_node_or_a_step_twice_is_refused(history: History) -> None:
    """A fault in the definition fails the run with advice."""
    workflow = history.workflow()
    twice = node(workflow, "twice", lambda node: 1)

    @workflow.steps
    async def steps(run: Run) -> None:
        run.step(twice)
        run.step(twice)

    assert isinstance(workflow.run().error, InvalidWorkflowError)

    async def foreign(node: Node) -> None:
        pass

    chain(workflow, foreign)
    assert isinstance(workflow.run().error, InvalidWorkflowError)
    with pytest.raises(InvalidWorkflowError, match="two nodes"):
        node(workflow, "twice", lambda node: 1)
