"""
Records what runs inside the workflow's process. Importing it is light: no server, no database.

    from flightlog.capture import Recorder

    recorder = Recorder("order-intake", "Order intake")
"""

from flightlog.capture.asgi import RecorderMiddleware
from flightlog.capture.execution import Execution
from flightlog.capture.node import NodeRun
from flightlog.capture.recorder import Recorder
from flightlog.capture.scope import carry
from flightlog.redaction import RedactionRules

__all__ = ["Execution", "NodeRun", "Recorder", "RecorderMiddleware", "RedactionRules", "carry"]
