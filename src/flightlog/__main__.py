"""`python -m flightlog` is `flightlog`."""

from flightlog.cli import main

main()
