"""Copy a history from one store to another: `flightlog copy`."""
