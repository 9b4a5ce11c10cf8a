"""
What a generated workflow imports: its definition, its run, and what serves it.

    from flightlog.runtime import HttpEndpoint, Node, Run, Workflow

Importing it is light: no server, no SDK, no scheduler.
"""

from flightlog.extras import needs_extra

with needs_extra("workflow"):
    from flightlog.runtime.expressions import static
    from flightlog.runtime.node import Node
    from flightlog.runtime.run import Run
    from flightlog.runtime.runner import Outcome
    from flightlog.runtime.secrets import Secret
    from flightlog.runtime.serving import application, serve
    from flightlog.runtime.steps import Edge, Step
    from flightlog.runtime.triggers import HttpEndpoint, Manual, ScheduledTask, WebhookReceiver
    from flightlog.runtime.workflow import Workflow

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
