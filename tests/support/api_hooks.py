"""What Schemathesis can't learn from a JSON schema: texts of a grammar of their own."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format(
    "json-path", st.sampled_from(["$", "$.*", "$..a", "$[0]", "$[?@.a > 1]", "$[?@.b == 'x']"])
)
