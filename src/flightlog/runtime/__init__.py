"""
The public names of the runtime, which a generated workflow imports.

    from flightlog.runtime import HttpEndpoint, Node, Run, Workflow

Importing this package loads no server, no SDK and no scheduler.
"""

from flightlog.extras import require_extra

with require_extra("workflow"):
    from flightlog.runtime.expressions import static
    from flightlog.runtime.node import Node
    from flightlog.runtime.run import Run
    from flightlog.runtime.runner import Outcome
    from flightlog.runtime.secrets import Secret
    from flightlog.runtime.steps import Edge, Step
    from flightlog.runtime.triggers import HttpEndpoint, Manual, ScheduledTask, WebhookReceiver
    from flightlog.runtime.workflow import Workflow, application, serve

__all__ = [
    "Edge",
    "HttpEndpoint",
    "Manual",
    "Node",
    "Outcome",
    "Run",
    "ScheduledTask",
    "Secret",
    "Step",
    "WebhookReceiver",
    "Workflow",
    "application",
    "serve",
    "static",
]
