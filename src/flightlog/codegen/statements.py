"""Writes a node's function: the call that runs the node, with its config as arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from flightlog.codegen.handles import DEFAULT, case_handles
from flightlog.codegen.literals import Code, Static, argument, literal
from flightlog.codegen.node_types import (
    EMBEDDINGS,
    KINDS,
    Call,
    Condition,
    Config,
    Delay,
    EarlyReturn,
    Embedding,
    LlmRouter,
    Log,
    Loop,
    Parallel,
    PromptTemplate,
    PythonFunction,
    Switch,
    Validate,
)
from flightlog.codegen.usercode import BODY, wrap_body
from flightlog.codegen.values import OPEN, expression, plain, template_texts

Text = tuple[str, tuple[str | int, ...]]

_RENAMED: Final = {"timeout": "timeout_ms"}
_NOT_ARGUMENTS: Final = {"provider"}


class Statement(Struct, frozen=True, kw_only=True):
    """The code of one node."""

    code: Code
    """The body of the node's function; for a loop or parallel node, arguments of its decorator."""
    texts: tuple[Text, ...] = ()
    """The config's texts that are evaluated, with their places in the config."""
    call: Call | None = None
    """The runtime function that the code calls."""
    sdks: frozenset[str] = frozenset()
    """The provider libraries that the code needs."""
    meaning: str | None = None
    """The syntax tree of the author's own code, if there is any."""
    names: frozenset[str] = frozenset()
    """Further names that the texts may use."""
    static: bool = False
    """Whether the config contains text that must not be evaluated."""


def write_statement(kind: str, config: Config, taken: frozenset[str]) -> Statement:
    """
    Write the code of a node.

    Args:
        kind: The node's type.
        config: The node's config.
        taken: Names of the module that the author's own code must not bind.

    Returns:
        The code.

    Raises:
        UserCodeError: The author's own code is invalid.
    """
    writer = _WRITERS.get(type(config))
    if writer is not None:
        values, code = writer(config)
        return _statement(values, code)
    if isinstance(config, PythonFunction):
        body = wrap_body(config.code, taken=taken)
        code = Code(f"{body.code}\n    return await node.call({BODY})")
        return Statement(code=code, meaning=body.meaning)
    values = dict(_values(config))
    call, sdks = KINDS[kind].call, {KINDS[kind].sdk}
    if isinstance(config, Embedding):
        call, sdk = EMBEDDINGS[config.provider]
        sdks = {sdk}
    if isinstance(config, LlmRouter):
        providers = {route.provider for route in config.routes}
        if config.fallback is not UNSET:
            providers.add(config.fallback.provider)
        sdks = {*providers}
    assert call is not None
    code = Code(f"return await {call.function}(node, {_arguments(config, values)})")
    # Texts in a JSON Schema are never expressions.
    evaluated = {} if isinstance(config, Validate) else values
    statement = _statement(evaluated, code, call, frozenset(sdk for sdk in sdks if sdk))
    variables = values.get("variables")
    if isinstance(config, PromptTemplate) and isinstance(variables, dict):
        return msgspec.structs.replace(statement, names=frozenset(variables))
    return statement


def _statement(
    values: Mapping[str, Any],
    code: Code,
    call: Call | None = None,
    sdks: frozenset[str] = frozenset(),
) -> Statement:
    return Statement(
        code=code,
        texts=tuple(text for text in template_texts(dict(values)) if OPEN in text[0]),
        call=call,
        sdks=sdks,
        static=_holds_static(list(values.values())),
    )


def _values(config: Config) -> Iterator[tuple[str, Any]]:
    # Use the manifest's field names. An optional field that is null counts as absent.
    for field in msgspec.structs.fields(config):
        value = getattr(config, field.name)
        if field.name in _NOT_ARGUMENTS or value is UNSET or (value is None and not field.required):
            continue
        value = msgspec.to_builtins(value)
        if isinstance(config, Validate):
            yield field.encode_name, value
        elif isinstance(config, LlmRouter) and field.name == "routes":
            if value:
                yield field.encode_name, [_route(route) for route in value]
        else:
            yield field.encode_name, plain(value)


def _route(route: dict[str, Any]) -> dict[str, Any]:
    return {**plain(route), "condition": _expression(route["condition"])}


def _arguments(config: Config, values: Mapping[str, Any]) -> str:
    names = {field.encode_name: field.name for field in msgspec.structs.fields(config)}
    return ", ".join(
        f"{_RENAMED.get(names[name], names[name])}={literal(value)}"
        for name, value in values.items()
    )


def _holds_static(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_static, value.values()))
    return any(map(_holds_static, value)) if isinstance(value, list) else isinstance(value, Static)


def _expression(value: Any) -> Any:
    made = plain(value)
    return expression(made) if isinstance(made, str) else made


Written = tuple[dict[str, Any], Code]


def _condition(config: Condition) -> Written:
    text = _expression(config.expression)
    return {"expression": text}, Code(f"return node.condition({argument(text)})")


def _switch(config: Switch) -> Written:
    value = _expression(config.value)
    cases = [plain(case.value) for case in config.cases]
    pairs = ", ".join(
        f"({literal(case)}, {literal(handle)})"
        for case, handle in zip(cases, case_handles(config), strict=True)
    )
    code = Code(
        f"return node.switch({literal(value)}, cases=[{pairs}], default={literal(DEFAULT)})"
    )
    return {"value": value, "cases": [{"value": case} for case in cases]}, code


def _delay(config: Delay) -> Written:
    value = plain(config.ms)
    return {"ms": value}, Code(f"return await node.delay({argument(value)})")


def _log(config: Log) -> Written:
    values = {"message": plain(config.message)}
    data = ""
    if config.data is not UNSET and config.data is not None:
        values["data"] = plain(config.data)
        data = f", data={literal(values['data'])}"
    message = literal(values["message"])
    return values, Code(f"return node.log({literal(config.level)}, {message}{data})")


def _early_return(config: EarlyReturn) -> Written:
    value = plain(config.value)
    return {"value": value}, Code(f"return node.early_return({argument(value)})")


def _loop(config: Loop) -> Written:
    items = _expression(config.items)
    most = "" if config.max_concurrency is None else f", max_concurrency={config.max_concurrency}"
    return {"items": items}, Code(f"items={literal(items)}{most}")


def _parallel(config: Parallel) -> Written:
    return {}, Code(f"mode={literal(config.mode)}")


_WRITERS: Final[dict[type[Config], Callable[[Any], Written]]] = {
    Condition: _condition,
    Switch: _switch,
    Delay: _delay,
    Log: _log,
    EarlyReturn: _early_return,
    Loop: _loop,
    Parallel: _parallel,
}
