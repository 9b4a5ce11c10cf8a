"""
Flightlog: the flight recorder for Python workflows.

Importing this package is light on purpose: it brings the record types and the errors, no
server and no database. The history itself is `flightlog.logger.ExecutionLogger`.
"""

from flightlog.errors import FlightlogError
from flightlog.model import ExecutionError, NodeExecution, Trigger, WorkflowExecution

__version__ = "0.1.0"

__all__ = [
    "ExecutionError",
    "FlightlogError",
    "NodeExecution",
    "Trigger",
    "WorkflowExecution",
    "__version__",
]
