"""Validates values with JSON Schema; the only module that imports the schema library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flightlog.errors import InvalidInputError, InvalidWorkflowError

_SHOWN: Final = 300


def make_validator(schema: Any, name: str) -> Any:
    """
    Make a validator of a JSON Schema.

    Args:
        schema: The schema; Draft 2020-12 unless the schema names another dialect.
        name: The schema's name in the error message.

    Returns:
        The schema library's validator.

    Raises:
        InvalidWorkflowError: The value is no JSON Schema.
    """
    # Import late because most workflows validate nothing.
    from jsonschema import SchemaError  # noqa: PLC0415
    from jsonschema.validators import Draft202012Validator, validator_for  # noqa: PLC0415

    document: Any = dict(schema) if isinstance(schema, Mapping) else schema
    dialect = document.get("$schema", "") if isinstance(schema, Mapping) else ""
    if not isinstance(schema, (Mapping, bool)) or not isinstance(dialect, str):
        raise InvalidWorkflowError(
            f"`{name}` is no JSON Schema but {type(document).__name__}.",
            hint="Correct it in the manifest.",
        )
    kind = validator_for(document, default=Draft202012Validator)
    try:
        kind.check_schema(document)
    except SchemaError as error:
        raise InvalidWorkflowError(
            f"`{name}` is no JSON Schema: {error.message}.", hint="Correct it in the manifest."
        ) from error
    return kind(document)


def check_schema(value: Any, schema: Mapping[str, Any] | bool, path: str) -> None:
    """
    Validate a value with a JSON Schema.

    Args:
        value: Any plain value.
        schema: The schema.
        path: The value's name in the error message.

    Raises:
        InvalidInputError: The value doesn't match; the message says where and why.
        InvalidWorkflowError: The schema is no JSON Schema.
    """
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    found = best_match(make_validator(schema, "schema").iter_errors(value))
    if found is None:
        return
    place = path + "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in found.absolute_path
    )
    message = found.message
    if len(message) > _SHOWN:
        message = f"…{message[-_SHOWN:]}"
    raise InvalidInputError(place, f"is refused: {message}")
