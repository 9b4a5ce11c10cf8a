"""The version of Flightlog. Every other place reads the version from here."""

__version__ = "0.1.0"
