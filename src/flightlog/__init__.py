"""
Flightlog: the flight recorder for Python workflows.

    from flightlog import Recorder

    recorder = Recorder("order-intake", "Order intake")

Importing this package loads only the errors. Every other public name is imported at its first use
(PEP 562). Some names need the `server` extra; the list below names them.
`docs/reference/python-api.md` lists all public names; everything else is internal.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flightlog.errors import FlightlogError
from flightlog.version import __version__

if TYPE_CHECKING:
    from flightlog.capture import (
        Execution,
        NodeRun,
        Recorder,
        RecorderMiddleware,
        RedactionRules,
        carry,
        structlog_processor,
    )
    from flightlog.logger import ExecutionLogger
    from flightlog.receiver import Receiver
    from flightlog.record.model import ExecutionError, NodeExecution, Trigger, WorkflowExecution
    from flightlog.store.query import ExecutionQuery

__all__ = [
    "Execution",
    "ExecutionError",
    "ExecutionLogger",
    "ExecutionQuery",
    "FlightlogError",
    "NodeExecution",
    "NodeRun",
    "Receiver",
    "Recorder",
    "RecorderMiddleware",
    "RedactionRules",
    "Trigger",
    "WorkflowExecution",
    "__version__",
    "carry",
    "structlog_processor",
]

_LAZY = {
    "Execution": "flightlog.capture",
    "NodeRun": "flightlog.capture",
    "Recorder": "flightlog.capture",
    "RecorderMiddleware": "flightlog.capture",
    "RedactionRules": "flightlog.capture",
    "carry": "flightlog.capture",
    "structlog_processor": "flightlog.capture",
    "ExecutionError": "flightlog.record.model",
    "NodeExecution": "flightlog.record.model",
    "Trigger": "flightlog.record.model",
    "WorkflowExecution": "flightlog.record.model",
    # These need the `server` extra.
    "ExecutionLogger": "flightlog.logger",
    "ExecutionQuery": "flightlog.store.query",
    "Receiver": "flightlog.receiver",
}


if not TYPE_CHECKING:
    # This function is hidden from type checkers, because they would accept every name otherwise.
    def __getattr__(name: str) -> Any:
        module = _LAZY.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(module), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
