"""
Records the executions of a workflow inside the workflow's process.

    from flightlog.capture import Recorder

    recorder = Recorder("order-intake", "Order intake")

Importing this package loads no server and no database, and the middleware of ASGI applications at
its first use. `flightlog.spool` stores the messages, and `flightlog.delivery` delivers them.
"""

from typing import TYPE_CHECKING, Any

from flightlog.capture.execution import Execution
from flightlog.capture.logs import structlog_processor
from flightlog.capture.node import NodeRun
from flightlog.capture.recorder import Recorder
from flightlog.capture.scope import carry
from flightlog.redaction import RedactionRules

if TYPE_CHECKING:
    from flightlog.capture.asgi import RecorderMiddleware

__all__ = [
    "Execution",
    "NodeRun",
    "Recorder",
    "RecorderMiddleware",
    "RedactionRules",
    "carry",
    "structlog_processor",
]


if not TYPE_CHECKING:
    # This function is hidden from type checkers, because they would accept every name otherwise.
    def __getattr__(name: str) -> Any:
        if name != "RecorderMiddleware":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from flightlog.capture.asgi import RecorderMiddleware  # noqa: PLC0415 - at its first use

        globals()[name] = RecorderMiddleware
        return RecorderMiddleware
