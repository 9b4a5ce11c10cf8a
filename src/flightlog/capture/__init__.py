"""
Records the executions of a workflow inside the workflow's process.

    from flightlog.capture import Recorder

    recorder = Recorder("order-intake", "Order intake")

Importing this package loads no server and no database. `flightlog.spool` stores the messages, and
`flightlog.delivery` delivers them.
"""

from flightlog.capture.asgi import RecorderMiddleware
from flightlog.capture.execution import Execution
from flightlog.capture.logs import structlog_processor
from flightlog.capture.node import NodeRun
from flightlog.capture.recorder import Recorder
from flightlog.capture.scope import carry
from flightlog.redaction import RedactionRules

__all__ = [
    "Execution",
    "NodeRun",
    "Recorder",
    "RecorderMiddleware",
    "RedactionRules",
    "carry",
    "structlog_processor",
]
