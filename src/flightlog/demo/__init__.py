"""
The demonstration: a real workflow in a process of its own, and the orders that are sent to it.

`workflow` knows nothing of Flightlog; `flightlog.cli.demo` puts the parts together and shows them.
"""
