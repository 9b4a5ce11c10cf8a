"""JSON Schema: the one place that knows its library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flightlog.errors import InvalidInputError

_SHOWN: Final = 300


def check_schema(value: Any, schema: Mapping[str, Any], path: str) -> None:
    """
    Hold a value against a JSON Schema.

    Args:
        value: Any plain value.
        schema: The schema, Draft 2020-12 unless it says otherwise.
        path: What the value is called in the error.

    Raises:
        InvalidInputError: It doesn't match, with the path of what is wrong; or the schema is none.
    """
    # Imported late, since most workflows validate nothing.
    from jsonschema import SchemaError  # noqa: PLC0415
    from jsonschema.exceptions import best_match  # noqa: PLC0415
    from jsonschema.validators import Draft202012Validator, validator_for  # noqa: PLC0415

    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
    except SchemaError as error:
        raise InvalidInputError("schema", f"is no JSON Schema: {error.message}") from error
    found = best_match(kind(dict(schema)).iter_errors(value))
    if found is None:
        return
    place = path + "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in found.absolute_path
    )
    message = found.message
    if len(message) > _SHOWN:
        message = f"…{message[-_SHOWN:]}"
    raise InvalidInputError(place, f"is refused: {message}")
