from __future__ import annotations

import pytest

from flightlog.errors import StoreCapabilityError
from flightlog.store.postgres.missing import MISSING, MissingOperations


def test_what_is_declared_as_missing_is_refused_by_name() -> None:
    """Each operation refuses with a declared capability, and each such capability is refused."""
    refused = set()
    operations = MissingOperations("postgresql://db/history")
    for name, operation in vars(MissingOperations).items():
        if name.startswith("_") or not callable(operation):
            continue
        count = operation.__code__.co_argcount - 1
        with pytest.raises(StoreCapabilityError, match="can't do this yet") as caught:
            operation(operations, *[None] * count)
        refused.add(caught.value.capability)
    assert refused == MISSING
