from __future__ import annotations

import json
from typing import Any

from flightlog.payload import Document

VALUE: dict[str, Any] = {
    "order": {"id": 42, "note": "Call Straße 7\nbefore NOON"},
    "items": [{"sku": "A-1", "price": 5}, {"sku": "B-2", "price": 15, "order": None}],
    "naïve/key": True,
}


def document(value: Any = VALUE, **form: Any) -> Document:
    """Make a payload in the form that `json.dumps` writes."""
    return Document(json.dumps(value, **form).encode())
