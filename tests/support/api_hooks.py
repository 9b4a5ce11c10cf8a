"""Facts about the receiver that a JSON schema can't give to Schemathesis."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import schemathesis
from hypothesis import strategies as st

from flightlog.receiver.rights import Right, find_right
from flightlog.record.model import MAX_ID_CHARACTERS

schemathesis.openapi.format(
    "json-path", st.sampled_from(["$", "$.*", "$..a", "$[0]", "$[?@.a > 1]", "$[?@.b == 'x']"])
)
schemathesis.openapi.format(
    "flightlog-query", st.sampled_from(["declined", "status:error", "any.a:>=1", "a OR NOT (b c)"])
)
schemathesis.openapi.format("time-zone", st.sampled_from(["UTC", "Europe/Berlin"]))


@schemathesis.hook
def filter_query(context: Any, query: Mapping[str, Any] | None) -> bool:
    """
    Leave out values that a URL writes as an empty text, such as null and `{}`.

    The receiver accepts an empty parameter of any type, because an empty parameter counts as
    absent. `tests/unit/receiver/test_parameters.py` covers empty parameters.
    """
    return not any(_has_empty(value) for value in (query or {}).values())


def _has_empty(value: Any) -> bool:
    values = value if isinstance(value, list) and value else [value]
    return any(each in (None, "", [], {}) for each in values)


@schemathesis.hook
def filter_path_parameters(context: Any, path_parameters: Mapping[str, Any] | None) -> bool:
    """Leave out names of saved queries that are no single line."""
    name = unquote(str((path_parameters or {}).get("name", "name")))
    return name.isprintable() and name == name.strip()


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Keep to what a schema can't say: parameters that exclude others, and two ids are the same."""
    query = case.query or {}
    offset = str(query.get("offset", ""))
    if "q" in query and offset.isdecimal() and int(offset) < 2**53:
        del query["offset"]
    if query.get("sort") in ("longest", "shortest"):
        for excluded in ("cursor", "at", "q"):
            query.pop(excluded, None)
    own = unquote(str((case.path_parameters or {}).get("process_id", "")))
    body = case.body if isinstance(case.body, dict) else {}
    if _is_id(own) and _is_id(body.get("processId")):
        body["processId"] = own


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MAX_ID_CHARACTERS and value.isprintable()


@schemathesis.check
def has_the_right(_context: Any, response: Any, case: Any) -> None:
    """
    Check that a request that succeeded has shown the right that its route needs.

    `SHOWN_RIGHTS` of the environment has the rights that every request shows. Requests from which
    Schemathesis removes the credentials fail, because the receiver then takes them for others.
    """
    shown = os.environ["SHOWN_RIGHTS"].split()
    path = urlsplit(response.request.url).path.encode()
    needed = find_right({"method": case.method.upper(), "raw_path": path})
    if response.status_code < 400 and needed is not None and Right.ADMIN not in shown:
        assert needed in shown, f"{case.method} {path!r} needs {needed}"
