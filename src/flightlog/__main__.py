"""Run the command line: `python -m flightlog` is the same as `flightlog`."""

from flightlog.cli import main

main()
