"""A minimal record as JSON, and variations of it."""

from __future__ import annotations

import json
from typing import Any

MINIMAL: dict[str, Any] = {
    "id": "run-1",
    "workflowId": "w",
    "workflowName": "W",
    "status": "success",
    "startedAt": "2026-11-22T19:04:11Z",
}


def body(**fields: Any) -> bytes:
    """Write the JSON of a minimal record with these fields."""
    return json.dumps({**MINIMAL, **fields}).encode()
