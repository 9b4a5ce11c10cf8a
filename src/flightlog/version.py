"""The version of Flightlog, and its one source."""

__version__ = "0.1.0"
