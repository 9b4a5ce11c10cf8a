"""
The llmRouter node: chooses a provider and a model, and a fallback when they fail.

A router has routes with conditions, or a list of models that its strategy compares, or only a
strategy, which then has routes of its own, as in the editor.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from flightlog.errors import (
    InvalidExpressionError,
    InvalidInputError,
    ProviderError,
    UnusableSecretError,
)
from flightlog.runtime.conditions import decide_condition
from flightlog.runtime.node import Node
from flightlog.runtime.nodes.completions import read_messages, read_question

__all__ = ["llm_router"]

Complete = Callable[[Node, Mapping[str, Any]], Awaitable[dict[str, Any]]]

PROVIDERS: Final = ("anthropic", "openai", "groq")
ALWAYS: Final = "always"
"""The condition that always holds."""
_SONNET: Final = ("anthropic", "claude-3-5-sonnet-20241022")
_OPUS: Final = ("anthropic", "claude-3-opus-20240229")
_LLAMA_SMALL: Final = ("groq", "llama-3.1-8b-instant")
_LLAMA: Final = ("groq", "llama-3.1-70b-versatile")
_BY_LENGTH: Final[Mapping[str, Sequence[tuple[int | None, tuple[str, str]]]]] = {
    "cost": ((500, _LLAMA_SMALL), (2000, _LLAMA), (None, _SONNET)),
    "speed": ((None, _LLAMA),),
    "quality": ((1000, _SONNET), (None, _OPUS)),
    "balanced": ((500, _LLAMA), (None, _SONNET)),
}
_SMALL: Final = ("haiku", "mini", "nano", "flash", "lite", "small", "instant", "tiny", "8b", "7b")
_LARGE: Final = ("opus", "pro", "large", "ultra", "405b", "o1", "o3", "max")
_FAST_PROVIDERS: Final = ("groq",)
_LOAD_BALANCE: Final = "load_balance"
_RANKED: Final = frozenset({"cost", "speed", "quality", "balanced", _LOAD_BALANCE})


def _choose_preset(strategy: str) -> list[dict[str, str]]:
    return [
        {
            "condition": ALWAYS if limit is None else f"len(str(messages)) < {limit}",
            "provider": provider,
            "model": model,
            "reason": f"The strategy {strategy!r}, for messages of "
            + ("any length" if limit is None else f"fewer than {limit:,} characters"),
        }
        for limit, (provider, model) in _BY_LENGTH[strategy]
    ]


PRESETS: Final[Mapping[str, list[dict[str, str]]]] = {
    name: _choose_preset(name) for name in _BY_LENGTH
}
"""The routes of the strategies that have their own; the models are the editor's."""


class _Route(NamedTuple):
    provider: str
    model: str
    name: str
    reason: str


async def llm_router(
    node: Node,
    *,
    routes: Sequence[Mapping[str, Any]] = (),
    models: Sequence[Mapping[str, Any]] = (),
    fallback: Mapping[str, Any] | None = None,
    strategy: str = "custom",
    **question: Any,
) -> dict[str, Any]:
    """
    Ask a model that is chosen by conditions, or by a strategy.

    Args:
        node: The node.
        routes: `[{"condition": …, "provider": …, "model": …, "reason": …}]`; of those whose
            conditions hold, the strategy decides as among `models`. A condition is an expression
            in braces, `always`, or Python over `messages`, `input`, `env` and `ctx`; a condition
            that can't be evaluated is false.
        models: `[{"provider": …, "model": …}]`, among which the strategy decides by sizes that the
            names suggest: `cost` takes the smallest, `speed` the fastest, `quality` the largest,
            `balanced` a medium one, `load_balance` any, and every other strategy the first.
        fallback: `{"provider": …, "model": …}`, used when no condition holds or the provider fails.
        strategy: As above. Without routes and models, `cost`, `speed`, `quality` and `balanced`
            have routes of their own.
        question: `messages`, `system`, `max_tokens`, `temperature`, `response_format` and
            `streaming`, as in the providers' nodes.

    Returns:
        The output of the provider's node, with `provider`, `route` and `routing_reason`. When
        another provider failed before, `failed` lists the failure.

    Raises:
        InvalidInputError: No condition holds, and there is no fallback.
        ProviderError: The last provider failed.
        UnusableSecretError: The last provider's API key is missing, or too short.
        InvalidExpressionError: An expression can't be evaluated, except in conditions and texts.
    """
    is_ranked = strategy in _RANKED and bool(routes)
    if not routes and not models:
        routes = PRESETS.get(strategy, ())
    given = read_question(
        node,
        routes=[{**route, "condition": None} for route in routes],
        models=[dict(model) for model in models],
        fallback=None if fallback is None else dict(fallback),
        strategy=strategy,
        **question,
    )
    for recorded, written in zip(given["routes"], routes, strict=True):
        recorded["condition"] = written.get("condition", ALWAYS)
    node.record_input(given)
    asked: dict[str, Any] = {name: given[name] for name in _ASKED if name in given}
    if "system" in given:
        asked["system_prompt"] = given["system"]
    candidates = _list_candidates(node, given, is_ranked=is_ranked)
    failed: list[dict[str, Any]] = []
    for number, route in enumerate(candidates):
        try:
            answer = await _find_completion_function(route.provider)(
                node, {**asked, "model": route.model}
            )
        except (ProviderError, UnusableSecretError) as error:
            if number + 1 == len(candidates):
                raise
            failed.append({"provider": route.provider, "model": route.model, "error": str(error)})
        else:
            output = {
                **answer,
                "provider": route.provider,
                "route": route.name,
                "routing_reason": route.reason,
            }
            return {**output, "failed": failed} if failed else output
    raise InvalidInputError("routes", "have no condition that holds, and there is no fallback")


_ASKED: Final = (
    "messages",
    "system_prompt",
    "max_tokens",
    "temperature",
    "response_format",
    "streaming",
)


def _list_candidates(node: Node, config: Mapping[str, Any], *, is_ranked: bool) -> list[_Route]:
    routes, strategy, messages = (config[name] for name in ("routes", "strategy", "messages"))
    messages = read_messages(messages)
    holding: list[_Route] = []
    for number, route in enumerate(routes):
        if _holds(node, route["condition"], messages):
            reason = str(route.get("reason") or f"The condition of route {number + 1} holds")
            holding.append(_Route(str(route["provider"]), str(route["model"]), str(number), reason))
            if not is_ranked:
                break
    if not routes:
        holding = _make_routes(config["models"], strategy)
    ranking = strategy if is_ranked or not routes else "custom"
    chosen = [_choose_model(holding, ranking)] if holding else []
    if (last := config.get("fallback")) is not None:
        reason = "The fallback: no condition holds, or the provider before failed"
        chosen.append(_Route(str(last["provider"]), str(last["model"]), "fallback", reason))
    return chosen


def _holds(node: Node, condition: Any, messages: Any) -> bool:
    if condition == ALWAYS:
        return True
    try:
        return decide_condition(condition, node.condition_names(messages=messages), node.resolve)
    except InvalidExpressionError as error:
        node.warn(f"The route's condition counts as false: {error.message}")
        return False


def _make_routes(models: Sequence[Mapping[str, Any]], strategy: str) -> list[_Route]:
    return [
        _Route(
            str(model["provider"]), str(model["model"]), str(number), f"The strategy {strategy!r}"
        )
        for number, model in enumerate(models)
    ]


def _choose_model(models: Sequence[_Route], strategy: str) -> _Route:
    if strategy == _LOAD_BALANCE:
        return random.choice(models)  # noqa: S311 - any model will do
    return min(models, key=lambda route: _rank(route, strategy))


def _rank(route: _Route, strategy: str) -> tuple[int, ...]:
    name = route.model.lower()
    size = 1
    if any(word in name for word in _SMALL):
        size = 0
    elif any(word in name for word in _LARGE):
        size = 2
    ranks = {
        "cost": (size,),
        "speed": (int(route.provider not in _FAST_PROVIDERS), size),
        "quality": (-size,),
        "balanced": (abs(size - 1),),
    }
    return ranks.get(strategy, (0,))


def _find_completion_function(provider: str) -> Complete:
    if provider not in PROVIDERS:
        raise InvalidInputError("provider", f"is {provider!r}, none of {', '.join(PROVIDERS)}")
    # Import late, so that a workflow needs only the SDKs of the providers that it uses.
    module = importlib.import_module(f"flightlog.runtime.nodes.{provider}")
    complete: Complete = module.complete
    return complete
