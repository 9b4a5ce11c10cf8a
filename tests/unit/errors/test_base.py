"""Errors have codes and hints."""

from __future__ import annotations

from flightlog import errors


def test_every_error_says_its_code_and_hint() -> None:
    """Codes are stable and distinct; the tree in the module's docstring names every class."""
    classes = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.FlightlogError)
    ]
    codes = [value.code for value in classes]
    assert len(set(codes)) == len(codes)
    assert errors.__doc__ is not None
    for value in classes:
        assert value.__name__ in errors.__doc__
        assert value.__doc__
