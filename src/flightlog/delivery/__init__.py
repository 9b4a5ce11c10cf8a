"""
Delivers messages from a spool to a destination until the destination has confirmed them.

Importing this package is light: the first `make_destination` loads an HTTP client.
`flightlog.spool` stores the messages, and `flightlog.receiver` receives them.
"""

from flightlog.delivery.connect import make_destination
from flightlog.delivery.destination import DeliveryResult, Destination
from flightlog.delivery.resilient_thread import ResilientThread
from flightlog.delivery.worker import DeliveryWorker

__all__ = [
    "DeliveryResult",
    "DeliveryWorker",
    "Destination",
    "ResilientThread",
    "make_destination",
]
