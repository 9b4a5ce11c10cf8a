from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidWorkflowError
from flightlog.runtime import (
    HttpEndpoint,
)


@pytest.mark.parametrize(
    "options",
    [
        {"path": "/{a}/{a}"},
        {"path": "/{a:b}"},
        {"path": "/x", "method": "BREW"},
        {"path": "/x", "validation": {"cookies": {}}},
        {"path": "/x", "validation": {"body": {"type": 7}}},
        {"path": "/x", "authentication": {"type": "magic", "secret": "X"}},
        {"path": "/x", "authentication": {"type": "bearer"}},
    ],
)
def test_an_endpoint_that_can_t_be_served_is_refused_when_it_is_made(options: Any) -> None:
    """The error contains a remedy."""
    with pytest.raises(InvalidWorkflowError):
        HttpEndpoint(**options)
