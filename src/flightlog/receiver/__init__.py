"""
The HTTP side: takes records from workflows and serves the history on one local address.

What is stored and how is `flightlog.logger`'s business; nothing below it knows of HTTP.
"""

from flightlog.extras import needs_extra

with needs_extra("server"):
    from flightlog.receiver.server import Receiver
    from flightlog.receiver.settings import ReceiverSettings

__all__ = ["Receiver", "ReceiverSettings"]
