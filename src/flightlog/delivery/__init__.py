"""
Delivery: takes messages from a spool to where they are kept, until that has confirmed them.

Importing it is light: an HTTP client comes with the first `destination_for`.
"""

from flightlog.delivery.destination import DeliveryResult, Destination, destination_for
from flightlog.delivery.drain import Drained, drain
from flightlog.delivery.resilient_thread import ResilientThread
from flightlog.delivery.worker import DeliveryWorker

__all__ = [
    "DeliveryResult",
    "DeliveryWorker",
    "Destination",
    "Drained",
    "ResilientThread",
    "destination_for",
    "drain",
]
