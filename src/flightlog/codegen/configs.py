"""
The configs of nodes: `normalize_config` turns a config of any spelling into that of `node_types`.

The function also adds the editor's defaults. `model_configs` has the nodes that ask models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flightlog.codegen.dialect import Dialect, Values
from flightlog.codegen.model_configs import (
    MODELS,
    convert_completion,
    convert_embedding,
    convert_prompt_template,
    convert_router,
)
from flightlog.codegen.problems import Problems

_LEVELS: Final = {"warning": "warn"}


def normalize_config(
    kind: str, config: Mapping[str, Any], place: str, problems: Problems, notes: list[str]
) -> Values:
    """
    Bring a node's config into the spelling of `node_types`.

    Args:
        kind: The node's type.
        config: The config in the manifest.
        place: The config's place in the manifest.
        problems: Collects faults, such as a text that should be JSON.
        notes: Collects notes on settings that are ignored.

    Returns:
        The config with the editor's defaults.
    """
    dialect = Dialect(kind, config, place, problems, notes)
    dialect.rename()
    reader = _READERS.get(kind)
    if reader is not None:
        reader(dialect)
    return dialect.values


def _convert_condition(dialect: Dialect) -> None:
    values = dialect.values
    dialect.drop_empty("condition", "expression")
    values["lenient"] = "expression" not in values
    expression = dialect.take("expression", "condition")
    if expression is not None:
        values["expression"] = expression
    else:
        dialect.refuse(None, "has no `condition`", "write the condition")
        values["expression"] = "true"


def _convert_postgres(dialect: Dialect) -> None:
    dialect.drop_empty("connectionString", "query", "params")
    dialect.parse_json_text("params", dict)


def _convert_log(dialect: Dialect) -> None:
    values = dialect.values
    dialect.drop_empty("level")
    level = values.get("level")
    if isinstance(level, str):
        values["level"] = _LEVELS.get(level.lower(), level.lower())
    values.setdefault("message", "")
    include = values.pop("includeInput", None)
    if include and values.get("data") is not None:
        dialect.note("includeInput", "is ignored, because `data` is set, too")
    elif include:
        values["includeInput"] = True


def _convert_edit_fields(dialect: Dialect) -> None:
    values = dialect.values
    dialect.drop_empty("mode")
    dialect.parse_json_text("operations", list)
    operations = values.pop("operations", None)
    if operations is not None and values.get("fields") is not None:
        dialect.note("operations", "is ignored, because `fields` is set, too")
        operations = None
    fields: Values = {}
    for number, operation in enumerate(operations or ()):
        if not isinstance(operation, Mapping) or not isinstance(operation.get("field"), str):
            dialect.refuse(
                f"operations[{number}]", "names no field", 'write {"field": …, "value": …}'
            )
            continue
        fields[operation["field"]] = operation.get("value")
        for other in operation.keys() - {"field", "value"}:
            dialect.note(f"operations[{number}]", f"has `{other}`, which is ignored")
    if operations is not None:
        values["fields"] = fields
    elif values.get("fields") is None:
        dialect.note("operations", "is missing; the node changes nothing")
        values["fields"] = {}


def _convert_http_request(dialect: Dialect) -> None:
    dialect.drop_empty("method")
    dialect.values.setdefault("method", "GET")


def _convert_parallel(dialect: Dialect) -> None:
    values = dialect.values
    dialect.drop_empty("failureStrategy")
    if not values.setdefault("children", []):
        dialect.note("children", "is missing; the node passes its input on to all its edges")
    elif values.get("failureStrategy") in {"continue", "partial"}:
        values.setdefault("mode", "allSettled")
    if "maxConcurrency" in dialect.values:
        del dialect.values["maxConcurrency"]
        dialect.note("maxConcurrency", "is ignored: all branches run at the same time")


_READERS: Final[dict[str, Callable[[Dialect], None]]] = {
    **dict.fromkeys(MODELS, convert_completion),
    "embeddingGenerate": convert_embedding,
    "promptTemplate": convert_prompt_template,
    "llmRouter": convert_router,
    "condition": _convert_condition,
    "postgresQuery": _convert_postgres,
    "log": _convert_log,
    "editFields": _convert_edit_fields,
    "httpRequest": _convert_http_request,
    "parallel": _convert_parallel,
}
