"""`ExecutionContext`: the state that all parts of one execution share."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from flightlog.capture import Execution
from flightlog.runtime import expressions
from flightlog.runtime.cache import Cache
from flightlog.runtime.secrets import Secrets
from flightlog.runtime.workflow_definition import WorkflowDefinition

Emit = Callable[[Any], Awaitable[None]]
_OF_AN_ERROR: Final = ("status", "type", "code", "path")


class EarlyReturn(BaseException):
    """
    Ends the run with a value.

    This class is no `Exception`, so that a node's own code doesn't catch it by accident.
    """

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


class ExecutionContext:
    """
    One execution: its record, its input, and the outputs of its nodes.

    Args:
        workflow: The workflow.
        recorded: The execution's record.
        input: The workflow's input.
        secrets: The workflow's secrets.
        cache: Outputs that earlier executions kept.
        test: Whether this is a test run.
    """

    def __init__(
        self,
        workflow: WorkflowDefinition,
        recorded: Execution,
        input: Any,  # noqa: A002 - the expressions' own word
        secrets: Secrets,
        *,
        cache: Cache,
        test: bool,
    ) -> None:
        self.workflow = workflow
        self.recorded = recorded
        self.input = input
        self.secrets = secrets
        self.cache = cache
        self.test = test
        declared = dict.fromkeys(workflow.inputs) if isinstance(input, Mapping) else {}
        self._names = {
            # An absent optional input is null in expressions, because an unknown name is an error.
            "input": declared | dict(input) if declared else input,
            "env": os.environ,
            "global": workflow.global_variables,
            "secrets": secrets.load(),
            "execution": {
                "id": recorded.id,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            },
        }
        self.outputs: dict[str, dict[str, Any]] = {node_id: {} for node_id in workflow.node_ids}
        """By node id, an object with `output`, `error`, both, or neither."""

    def resolve(
        self,
        value: Any,
        outputs: Mapping[str, Any],
        local: Mapping[str, Any],
        on_fault: expressions.OnFault | None = None,
    ) -> Any:
        """
        Evaluate the expressions in a value.

        Args:
            value: Any plain value.
            outputs: The nodes' outputs that the expression can use.
            local: `item` and `index`, within a loop, and further names.
            on_fault: Replaces each expression that can't be evaluated; None means that the fault
                is raised.

        Returns:
            The evaluated value.

        Raises:
            InvalidExpressionError: An expression can't be evaluated.
        """
        return expressions.resolve(value, self.names(outputs, local), self.secrets, on_fault)

    def names(self, outputs: Mapping[str, Any], local: Mapping[str, Any]) -> dict[str, Any]:
        """
        Collect the names that expressions may use.

        Args:
            outputs: The nodes' outputs that the expression can use.
            local: `item` and `index`, within a loop, and further names.

        Returns:
            The values by name.
        """
        return {**self._names, "nodes": outputs, **local}


def describe_error(error: BaseException) -> dict[str, Any]:
    """
    Convert an error to the form that expressions see.

    Args:
        error: The error.

    Returns:
        An object with the error's message and further members.
    """
    members: dict[str, Any] = {"message": str(error), "name": type(error).__name__}
    for name in _OF_AN_ERROR:
        value = getattr(error, name, None)
        if isinstance(value, (str, int)):
            members[name] = value
    return members
