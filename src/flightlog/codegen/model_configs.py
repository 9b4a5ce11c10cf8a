"""The configs of nodes that ask models, in the spelling of `node_types`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flightlog.codegen.dialect import Dialect, Values

MODELS: Final = {
    "anthropicCompletion": "claude-3-5-sonnet-20241022",
    "openaiCompletion": "gpt-4-turbo-preview",
    "groqCompletion": "llama-3.3-70b-versatile",
}
"""The model of each type of node that names none."""
EMBEDDING_MODELS: Final = {"openai": "text-embedding-3-small", "voyage": "voyage-2"}
"""The embedding model of each provider."""
LLM_PROVIDERS: Final = ("anthropic", "openai", "groq")
PRESETS: Final = ("cost", "speed", "quality", "balanced")
"""The strategies of a router that have routes of their own."""

STRATEGIES: Final = (*PRESETS, "custom", "load_balance")
"""Every strategy of a router."""

_PROVIDER_WORDS: Final = {
    "anthropic": ("claude",),
    "openai": ("gpt", "o1", "o3", "o4", "chatgpt", "davinci"),
    "groq": ("llama", "mixtral", "gemma", "qwen", "whisper", "deepseek", "kimi", "moonshot"),
}


def _convert_messages(dialect: Dialect) -> None:
    values = dialect.values
    dialect.drop_empty("prompt", "messages")
    if values.get("messages") == []:
        del values["messages"]
    prompt = values.get("prompt")
    if prompt is not None:
        values["prompt"] = [{"role": "user", "content": prompt}]
    messages = dialect.take("messages", "prompt")
    if messages is not None:
        values["messages"] = messages
    else:
        dialect.note("prompt", "is missing; the prompt is what flows into the node")


def convert_completion(dialect: Dialect) -> None:
    """
    Convert the config of a node that asks a model.

    Args:
        dialect: The config.
    """
    dialect.drop_empty("model")
    dialect.values.setdefault("model", MODELS[dialect.kind])
    _convert_messages(dialect)


def convert_embedding(dialect: Dialect) -> None:
    """
    Convert the config of a node that makes vectors of texts.

    Args:
        dialect: The config.
    """
    values = dialect.values
    dialect.drop_empty("provider", "model", "text", "input")
    provider = values.setdefault("provider", "openai")
    if isinstance(provider, str):
        values["provider"] = provider.strip().lower()
    values.setdefault("model", EMBEDDING_MODELS.get(str(values["provider"]), ""))
    text = dialect.take("input", "text")
    if text is not None:
        values["input"] = text
    else:
        dialect.note("text", "is missing; the text is what flows into the node")


def convert_prompt_template(dialect: Dialect) -> None:
    """
    Convert the config of a node that makes messages from a template.

    Args:
        dialect: The config.
    """
    values = dialect.values
    dialect.parse_json_text("variables", dict)
    dialect.drop_empty("template", "system")
    if "template" in values:
        values["template"] = [{"role": "user", "content": values["template"]}]
    if values.get("messages") == []:
        del values["messages"]
    messages = dialect.take("messages", "template")
    if messages is None:
        dialect.refuse(None, "has no `template` and no `messages`", "write the template")
        messages = []
    values["messages"] = messages


def convert_router(dialect: Dialect) -> None:
    """
    Convert the config of a node that chooses a model.

    Args:
        dialect: The config.
    """
    values = dialect.values
    dialect.drop_empty("strategy", "routingStrategy", "fallbackModel")
    for name in ("models", "routes"):
        dialect.parse_json_text(name, list)
    models = _convert_models(dialect)
    strategy = dialect.take("strategy", "routingStrategy")
    if strategy is not None:
        values["strategy"] = strategy.lower() if isinstance(strategy, str) else strategy
        if values["strategy"] not in STRATEGIES:
            dialect.note(
                "strategy", f"is {strategy!r}, which no router knows; it counts as 'custom'"
            )
            values["strategy"] = "custom"
    _convert_fallback(dialect, models)
    _check_routes(dialect, models)
    _convert_messages(dialect)


def _check_routes(dialect: Dialect, models: list[dict[str, str]]) -> None:
    values = dialect.values
    routes, preset = values.get("routes"), values.get("strategy") in PRESETS
    if models:
        if routes:
            dialect.note("models", "is ignored, because `routes` is set, too")
        else:
            values["models"] = models
    if routes and preset and not models:
        dialect.note(
            "routes", f"is ignored: the strategy {values['strategy']!r} has its own routes"
        )
        del values["routes"]
        return
    if isinstance(routes, list):
        values["routes"] = [
            _add_provider({"condition": "always", **route}) if isinstance(route, dict) else route
            for route in routes
        ]
    if not routes and not models and not preset and not values.get("fallback"):
        dialect.refuse(
            None,
            "has no model to choose",
            "write `routes`, a `fallback`, `models`, or a strategy with routes of its own: "
            + ", ".join(PRESETS),
        )


def _add_provider(route: Values) -> Values:
    provider = route.get("provider")
    return {**route, "provider": provider.lower()} if isinstance(provider, str) else route


def _convert_models(dialect: Dialect) -> list[dict[str, str]]:
    made = []
    for number, entry in enumerate(dialect.values.pop("models", None) or ()):
        named = entry if isinstance(entry, Mapping) else {"model": entry}
        route = _split_model(named.get("model"), named.get("provider"))
        if route is None:
            dialect.refuse(
                f"models[{number}]",
                "names no model of a known provider",
                'write {"provider": …, "model": …} with one of ' + ", ".join(LLM_PROVIDERS),
            )
        else:
            made.append(route)
    return made


def _convert_fallback(dialect: Dialect, models: list[dict[str, str]]) -> None:
    values = dialect.values
    if isinstance(values.get("fallback"), Mapping):
        values["fallback"] = _add_provider(dict(values["fallback"])) or None
    name = values.pop("fallbackModel", None)
    if name is None:
        return
    if values.get("fallback") is not None:
        dialect.note("fallbackModel", "is ignored, because `fallback` is set, too")
        return
    known = next((model for model in models if model["model"] == name), None)
    fallback = known or _split_model(name, None)
    if fallback is None:
        dialect.refuse(
            "fallbackModel",
            f"is {name!r}, a model of no known provider",
            f"write PROVIDER/MODEL with one of {', '.join(LLM_PROVIDERS)}",
        )
    else:
        values["fallback"] = fallback


def _split_model(model: Any, provider: Any) -> dict[str, str] | None:
    if not isinstance(model, str) or not model.strip():
        return None
    name = model.strip()
    if provider is None:
        before, slash, after = name.partition("/")
        if slash and before.lower() in LLM_PROVIDERS:
            return {"provider": before.lower(), "model": after}
        provider = next(
            (
                provider
                for provider, words in _PROVIDER_WORDS.items()
                if name.lower().startswith(words)
            ),
            None,
        )
    if not isinstance(provider, str) or provider.lower() not in LLM_PROVIDERS:
        return None
    return {"provider": provider.lower(), "model": name}
