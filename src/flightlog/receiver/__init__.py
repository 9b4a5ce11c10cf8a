"""
The HTTP server: takes records from workflows and serves the history at one local address.

`flightlog.logger` stores and reads the history; no module below it depends on HTTP.
"""

from flightlog.extras import require_extra

with require_extra("server", "litestar", "uvicorn"):
    from flightlog.receiver.server import Receiver
    from flightlog.receiver.settings import ReceiverSettings

__all__ = ["Receiver", "ReceiverSettings"]
