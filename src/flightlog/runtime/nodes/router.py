"""The llmRouter node: chooses a provider and model by conditions, and a fallback when they fail."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from flightlog.errors import InvalidInputError, ProviderError, UnusableSecretError
from flightlog.runtime.node import Node, is_true

Strategy = Literal["cost", "speed", "quality", "balanced", "custom"]
Complete = Callable[[Node, Mapping[str, Any]], Awaitable[dict[str, Any]]]

PROVIDERS: Final = ("anthropic", "openai", "groq")
_SMALL: Final = ("haiku", "mini", "nano", "flash", "lite", "small", "instant", "tiny", "8b", "7b")
_LARGE: Final = ("opus", "pro", "large", "ultra", "405b", "o1", "o3", "max")
_FAST_PROVIDERS: Final = ("groq",)


class _Route(NamedTuple):
    provider: str
    model: str
    name: str


async def llm_router(
    node: Node,
    *,
    messages: Any,
    routes: Sequence[Mapping[str, Any]] = (),
    fallback: Mapping[str, Any] | None = None,
    strategy: Strategy = "custom",
    system: Any = None,
    max_tokens: Any = None,
    temperature: Any = None,
) -> dict[str, Any]:
    """
    Ask a model that is chosen by conditions.

    Args:
        node: The node.
        messages: `[{"role": …, "content": …}]`.
        routes: `[{"condition": …, "provider": …, "model": …}]`, in order of preference.
        fallback: `{"provider": …, "model": …}`, used when no condition holds or the provider fails.
        strategy: Decides between several routes whose conditions hold. `custom` takes the first.
            The others compare sizes, guessed from the models' names: `cost` takes the smallest,
            `speed` the fastest, `quality` the largest, and `balanced` a medium model.
        system: The system prompt.
        max_tokens: The longest answer, tokens.
        temperature: The sampling temperature.

    Returns:
        The output of the provider's node, with `provider` and `route`. When another provider
        failed before, `failed` lists the failure.

    Raises:
        InvalidInputError: No condition holds, and there is no fallback.
        ProviderError: The last provider failed.
        UnusableSecretError: The last provider's API key is missing, or too short.
        InvalidExpressionError: An expression can't be evaluated.
    """
    config = node.given(
        messages=messages,
        routes=[dict(route) for route in routes],
        fallback=None if fallback is None else dict(fallback),
        strategy=strategy,
        system=system,
        max_tokens=max_tokens,
        temperature=temperature,
    )
    asked = {"messages": config["messages"]}
    asked |= {"system_prompt": config["system"]} if "system" in config else {}
    asked |= {name: config[name] for name in ("max_tokens", "temperature") if name in config}
    candidates = _candidates(config, strategy)
    failed: list[dict[str, Any]] = []
    for number, route in enumerate(candidates):
        try:
            answer = await _completion_function(route.provider)(
                node, {**asked, "model": route.model}
            )
        except (ProviderError, UnusableSecretError) as error:
            if number + 1 == len(candidates):
                raise
            failed.append({"provider": route.provider, "model": route.model, "error": str(error)})
        else:
            told = {**answer, "provider": route.provider, "route": route.name}
            return {**told, "failed": failed} if failed else told
    raise InvalidInputError("routes", "have no condition that holds, and there is no fallback")


def _candidates(config: Mapping[str, Any], strategy: Strategy) -> list[_Route]:
    holding = [
        _Route(str(route["provider"]), str(route["model"]), str(number))
        for number, route in enumerate(config["routes"])
        if is_true(route.get("condition", True))
    ]
    chosen = [min(holding, key=lambda route: _rank(route, strategy))] if holding else []
    if (last := config.get("fallback")) is not None:
        chosen.append(_Route(str(last["provider"]), str(last["model"]), "fallback"))
    return chosen


def _rank(route: _Route, strategy: Strategy) -> tuple[int, ...]:
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


def _completion_function(provider: str) -> Complete:
    if provider not in PROVIDERS:
        raise InvalidInputError("provider", f"is {provider!r}, none of {', '.join(PROVIDERS)}")
    # Import late, so that a workflow needs only the SDKs of the providers that it uses.
    module = importlib.import_module(f"flightlog.runtime.nodes.{provider}")
    complete: Complete = module.complete
    return complete
