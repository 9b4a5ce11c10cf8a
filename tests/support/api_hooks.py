"""Facts about the receiver that a JSON schema can't give to Schemathesis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format(
    "json-path", st.sampled_from(["$", "$.*", "$..a", "$[0]", "$[?@.a > 1]", "$[?@.b == 'x']"])
)


@schemathesis.hook
def filter_query(context: Any, query: Mapping[str, Any] | None) -> bool:
    """
    Leave out values that a URL writes as an empty text, such as null and `{}`.

    The receiver accepts an empty parameter of any type, because an empty parameter counts as
    absent. `tests/unit/receiver/test_parameters.py` covers empty parameters.
    """
    return all(value not in (None, "", [], {}, [None], [{}]) for value in (query or {}).values())
