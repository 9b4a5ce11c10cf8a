"""Run the command line: `python -m flightlog.cli` is the same as `flightlog`."""

from flightlog.cli import main

main()
