"""Writes a node's function: the call that runs the node, with its config as arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from flightlog.codegen.conditions import write_condition
from flightlog.codegen.handles import DEFAULT, list_case_handles
from flightlog.codegen.literals import Code, Static, write_argument, write_literal
from flightlog.codegen.node_types import (
    EMBEDDINGS,
    KEYS,
    KINDS,
    Call,
    Completion,
    Condition,
    Config,
    Delay,
    EarlyReturn,
    Embedding,
    LlmRouter,
    Log,
    Loop,
    Parallel,
    PostgresQuery,
    PromptTemplate,
    PythonFunction,
    Switch,
    Validate,
)
from flightlog.codegen.usercode import BODY, wrap_body
from flightlog.codegen.values import OPEN, find_template_texts, to_plain, wrap_expression
from flightlog.runtime.nodes.router import PRESETS
from flightlog.runtime.template_parts import is_one_expression

_RENAMED: Final = {"timeout": "timeout_ms"}
_NOT_ARGUMENTS: Final = {"provider"}
_KEYS: Final = ("apiKey", "connectionString")
_TEXTS_FOR_MODELS: Final = frozenset({"messages", "systemPrompt", "system", "input", "variables"})


class Text(Struct, frozen=True, kw_only=True):
    """A text of a config that is evaluated."""

    text: str
    """The text."""
    place: tuple[str | int, ...]
    """The text's place in the config."""
    is_lenient: bool = False
    """Whether an expression that can't be evaluated is an empty text, or false."""
    keeps_invalid: bool = False
    """Whether braces that hold no expression stay as they are."""
    is_condition: bool = False
    """Whether the text is a condition, in which Python may stand."""


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
    keys: dict[str, str] = {}
    """Keys that the config contains, by environment variable; the code has none of them."""


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
        statement = _make_statement(values, code)
        if isinstance(config, Condition) and isinstance(values["expression"], str):
            text = Text(
                text=values["expression"],
                place=("expression",),
                is_lenient=config.lenient,
                is_condition=True,
            )
            return msgspec.structs.replace(statement, texts=(text,))
        if isinstance(config, Log):
            return _make_message_lenient(statement, include_input=config.include_input)
        return statement
    if isinstance(config, PythonFunction):
        body = wrap_body(config.code, taken=taken)
        code = Code(f"{body.code}\n    return await node.call({BODY})")
        return Statement(code=code, meaning=body.meaning)
    values = dict(_read_values(config))
    keys = _take_keys(kind, config, values)
    call, sdks = KINDS[kind].call, {KINDS[kind].sdk}
    if isinstance(config, Embedding):
        call, sdk = EMBEDDINGS[config.provider]
        sdks = {sdk}
    if isinstance(config, LlmRouter):
        sdks = {*_list_providers(config)}
    assert call is not None
    arguments = _write_arguments(config, values)
    code = Code(f"return await {call.function}(node{', ' * bool(arguments)}{arguments})")
    # Texts in a JSON Schema are never expressions.
    evaluated = {} if isinstance(config, Validate) else values
    statement = _make_statement(evaluated, code, call, frozenset(sdk for sdk in sdks if sdk))
    if isinstance(config, LlmRouter | Completion | Embedding | PromptTemplate):
        statement = _convert_for_models(
            statement, keeps_invalid=not isinstance(config, PromptTemplate)
        )
    variables = values.get("variables", values.get("params"))
    if isinstance(config, PromptTemplate | PostgresQuery) and isinstance(variables, dict):
        statement = msgspec.structs.replace(statement, names=frozenset(variables))
    return msgspec.structs.replace(statement, keys=keys)


def _make_message_lenient(statement: Statement, *, include_input: bool) -> Statement:
    texts = [
        msgspec.structs.replace(text, is_lenient=text.place[0] == "message")
        for text in statement.texts
    ]
    return msgspec.structs.replace(
        statement, texts=tuple(texts), static=statement.static or include_input
    )


def _convert_for_models(statement: Statement, *, keeps_invalid: bool) -> Statement:
    texts = []
    for text in statement.texts:
        is_condition = text.place[0] == "routes" and text.place[-1] == "condition"
        is_whole = text.place == ("messages",) and is_one_expression(text.text)
        is_lenient = is_condition or (text.place[0] in _TEXTS_FOR_MODELS and not is_whole)
        texts.append(
            msgspec.structs.replace(
                text,
                is_lenient=is_lenient,
                is_condition=is_condition,
                keeps_invalid=keeps_invalid and not is_condition,
            )
        )
    return msgspec.structs.replace(statement, texts=tuple(texts))


def _take_keys(kind: str, config: Config, values: dict[str, Any]) -> dict[str, str]:
    """Remove the keys that are written out, because no file may contain one."""
    variable = KEYS.get(config.provider if isinstance(config, Embedding) else kind)
    for name in _KEYS:
        value = values.get(name)
        if isinstance(value, Static):
            value = value.value
        if variable is not None and isinstance(value, str) and OPEN not in value:
            del values[name]
            return {variable: value} if value.strip() else {}
    return {}


def _list_providers(config: LlmRouter) -> set[str]:
    providers: set[str] = {route.provider for route in config.routes}
    providers |= {model.provider for model in config.models}
    if config.fallback is not UNSET:
        providers.add(config.fallback.provider)
    if not config.routes and not config.models:
        providers |= {route["provider"] for route in PRESETS.get(str(config.strategy), ())}
    return providers


def _make_statement(
    values: Mapping[str, Any],
    code: Code,
    call: Call | None = None,
    sdks: frozenset[str] = frozenset(),
) -> Statement:
    return Statement(
        code=code,
        texts=tuple(
            Text(text=text, place=place)
            for text, place in find_template_texts(dict(values))
            if OPEN in text
        ),
        call=call,
        sdks=sdks,
        static=_holds_static(list(values.values())),
    )


def _read_values(config: Config) -> Iterator[tuple[str, Any]]:
    # Use the manifest's field names. An optional field that is null counts as absent.
    for field in msgspec.structs.fields(config):
        value = getattr(config, field.name)
        if field.name in _NOT_ARGUMENTS or value is UNSET or (value is None and not field.required):
            continue
        if isinstance(config, PostgresQuery) and field.name == "timeout":
            continue
        value = msgspec.to_builtins(value)
        if isinstance(config, Validate):
            yield field.encode_name, value
        elif isinstance(config, LlmRouter) and field.name in {"routes", "models"}:
            if value:
                is_routes = field.name == "routes"
                yield (
                    field.encode_name,
                    [_route(item) if is_routes else to_plain(item) for item in value],
                )
        else:
            yield field.encode_name, to_plain(value)


def _route(route: dict[str, Any]) -> dict[str, Any]:
    # The editor evaluates a route's condition as Python, so Python comes first.
    return {
        **to_plain(route),
        "condition": write_condition(to_plain(route["condition"]), python=True),
    }


def _write_arguments(config: Config, values: Mapping[str, Any]) -> str:
    names = {field.encode_name: field.name for field in msgspec.structs.fields(config)}
    return ", ".join(
        f"{_RENAMED.get(names[name], names[name])}={write_literal(value)}"
        for name, value in values.items()
    )


def _holds_static(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_static, value.values()))
    return any(map(_holds_static, value)) if isinstance(value, list) else isinstance(value, Static)


def _write_expression(value: Any) -> Any:
    made = to_plain(value)
    return wrap_expression(made) if isinstance(made, str) else made


Written = tuple[dict[str, Any], Code]


def _write_condition(config: Condition) -> Written:
    text = write_condition(to_plain(config.expression), python=False)
    lenient = ", lenient=True" if config.lenient else ""
    argument = write_literal(text) if lenient else write_argument(text)
    code = Code(f"return node.condition({argument}{lenient})")
    return {"expression": text}, code


def _switch(config: Switch) -> Written:
    value = _write_expression(config.value)
    cases = [to_plain(case.value) for case in config.cases]
    pairs = ", ".join(
        f"({write_literal(case)}, {write_literal(handle)})"
        for case, handle in zip(cases, list_case_handles(config), strict=True)
    )
    code = Code(
        f"return node.switch({write_literal(value)}, cases=[{pairs}], "
        f"default={write_literal(DEFAULT)})"
    )
    return {"value": value, "cases": [{"value": case} for case in cases]}, code


def _delay(config: Delay) -> Written:
    value = to_plain(config.ms)
    return {"ms": value}, Code(f"return await node.delay({write_argument(value)})")


def _log(config: Log) -> Written:
    values = {"message": to_plain(config.message)}
    data = ""
    if config.data is not UNSET and config.data is not None:
        values["data"] = to_plain(config.data)
        data = f", data={write_literal(values['data'])}"
    elif config.include_input:
        # Texts within the input are no expressions, whatever they contain.
        data = ", data=static(node.data)"
    message = write_literal(values["message"])
    return values, Code(f"return node.log({write_literal(config.level)}, {message}{data})")


def _write_early_return(config: EarlyReturn) -> Written:
    value = to_plain(config.value)
    return {"value": value}, Code(f"return node.early_return({write_argument(value)})")


def _write_loop(config: Loop) -> Written:
    items = _write_expression(config.items)
    most = "" if config.max_concurrency is None else f", max_concurrency={config.max_concurrency}"
    return {"items": items}, Code(f"items={write_literal(items)}{most}")


def _write_parallel(config: Parallel) -> Written:
    if not config.children:
        return {}, Code("return node.take_data()")
    return {}, Code(f"mode={write_literal(config.mode)}")


_WRITERS: Final[dict[type[Config], Callable[[Any], Written]]] = {
    Condition: _write_condition,
    Switch: _switch,
    Delay: _delay,
    Log: _log,
    EarlyReturn: _write_early_return,
    Loop: _write_loop,
    Parallel: _write_parallel,
}
