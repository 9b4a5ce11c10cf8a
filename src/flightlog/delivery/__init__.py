"""
Delivery: takes messages from a spool to where they are kept, until that has confirmed them.

Importing it is light: an HTTP client comes with the first `destination_for`.
"""

from flightlog.delivery.destination import Answer, Destination, destination_for
from flightlog.delivery.drain import Drained, drain
from flightlog.delivery.resilient_thread import Worker
from flightlog.delivery.worker import Courier

__all__ = ["Answer", "Courier", "Destination", "Drained", "Worker", "destination_for", "drain"]
