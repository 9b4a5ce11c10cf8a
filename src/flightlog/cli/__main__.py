"""`python -m flightlog.cli` is `flightlog`."""

from flightlog.cli import main

main()
