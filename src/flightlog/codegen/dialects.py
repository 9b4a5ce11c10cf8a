"""
The spellings of node configs: the editor's types, its forms and its generator each have their own.

`canonical_config` turns a config of any spelling into the spelling of `node_types`, and adds the
editor's defaults. Where two spellings of one setting differ, the spelling that the editor's
generator reads wins, with a note on the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from flightlog.codegen.manifest import child_place
from flightlog.codegen.problems import Problems
from flightlog.codegen.values import OPEN

Values = dict[str, Any]

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

_COMPLETION: Final = {
    "systemPrompt": ("system", "system_prompt"),
    "maxTokens": ("max_tokens",),
    "streaming": ("stream",),
    "responseFormat": ("response_format",),
    "apiKey": ("api_key",),
}
_SPELLINGS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    **dict.fromkeys(MODELS, _COMPLETION),
    "embeddingGenerate": {"batchSize": ("batch_size",), "apiKey": ("api_key",)},
    "promptTemplate": {"system": ("systemPrompt",)},
    "llmRouter": {
        "max_tokens": ("maxTokens",),
        "system": ("systemPrompt",),
        "response_format": ("responseFormat",),
        "streaming": ("stream",),
    },
}
"""
For each type of node, other spellings of its settings. For a completion the other spelling comes
first, because the editor's generator reads it.
"""
_GENERATORS_OWN: Final = frozenset({"system", "max_tokens", "response_format"})
_PROVIDER_WORDS: Final = {
    "anthropic": ("claude",),
    "openai": ("gpt", "o1", "o3", "o4", "chatgpt", "davinci"),
    "groq": ("llama", "mixtral", "gemma", "qwen", "whisper", "deepseek", "kimi", "moonshot"),
}
_SHOWN: Final = 80
_LEVELS: Final = {"warning": "warn"}


class Dialect:
    """
    One config, while it is brought into the spelling of `node_types`.

    Args:
        kind: The node's type.
        config: The config in the manifest.
        place: The config's place in the manifest.
        problems: Collects faults.
        notes: Collects notes on settings that are ignored.
    """

    def __init__(
        self,
        kind: str,
        config: Mapping[str, Any],
        place: str,
        problems: Problems,
        notes: list[str],
    ) -> None:
        self.kind = kind
        # The forms write an empty text where a field was cleared.
        self.values: Values = {name: value for name, value in config.items() if value is not None}
        self.place = place
        self._problems = problems
        self._notes = notes

    def refuse(self, name: str | None, what: str, advice: str) -> None:
        """
        Report a fault.

        Args:
            name: The setting; None means the config as a whole.
            what: A description of the fault.
            advice: A remedy.
        """
        place = self.place if name is None else child_place(self.place, name)
        self._problems.add(place, what, advice)

    def note(self, name: str, sentence: str) -> None:
        """
        Add a note on a setting.

        Args:
            name: The setting.
            sentence: The rest of the sentence, after the setting's place.
        """
        self._notes.append(f"`{child_place(self.place, name)}` {sentence}.")

    def drop_empty(self, *names: str) -> None:
        """
        Treat empty texts as absent, because a form writes one where a field was cleared.

        Args:
            names: The settings.
        """
        for name in names:
            if isinstance(self.values.get(name), str) and not self.values[name].strip():
                del self.values[name]

    def take(self, winner: str, loser: str) -> Any:
        """
        Take a setting that has two names.

        Args:
            winner: The name that counts where both are set.
            loser: The other name.

        Returns:
            The value; None when neither is set. The config no longer has either.
        """
        first, second = self.values.pop(winner, None), self.values.pop(loser, None)
        if first is not None and second is not None and first != second:
            self.note(loser, f"is ignored, because `{winner}` is set, too")
        return second if first is None else first

    def rename(self) -> None:
        """Bring every setting with several spellings into the spelling of `node_types`."""
        for name, others in _SPELLINGS.get(self.kind, {}).items():
            for other in others:
                self.drop_empty(name, other)
                if other not in self.values:
                    continue
                pair = (other, name) if other in _GENERATORS_OWN else (name, other)
                self.values[name] = self.take(*pair)

    def json_text(self, name: str, kind: type[list[Any] | dict[str, Any]]) -> None:
        """
        Read a setting that a form writes as a text of JSON.

        Args:
            name: The setting.
            kind: The type that the JSON should have.
        """
        self.drop_empty(name)
        value = self.values.get(name)
        if isinstance(value, Mapping) and value.keys() == {"type", "value"}:
            value = value["value"] if value["type"] == "static" else value
        if value is None or (kind is dict and isinstance(value, str) and _is_expression(value)):
            return
        made = value
        if isinstance(value, str):
            try:
                made = json.loads(value)
            except (ValueError, RecursionError) as error:
                self.refuse(name, f"is no JSON ({error})", "correct the JSON, quotes included")
                del self.values[name]
                return
        if isinstance(made, kind) or (name == "params" and isinstance(made, list)):
            self.values[name] = made
            return
        wanted = "a list" if kind is list else "an object"
        self.refuse(name, f"is {shown_value(made)}, not {wanted}", f"write {wanted}")
        del self.values[name]


def canonical_config(
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


def shown_value(value: Any) -> str:
    """
    Shorten a value for a message.

    Args:
        value: A plain value.

    Returns:
        The value as Python writes it, at most `_SHOWN` characters.
    """
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_expression(text: str) -> bool:
    inner = text.strip()
    return inner.startswith(OPEN) and inner.endswith("}}")


def _messages(dialect: Dialect) -> None:
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


def _completion(dialect: Dialect) -> None:
    dialect.drop_empty("model")
    dialect.values.setdefault("model", MODELS[dialect.kind])
    _messages(dialect)


def _embedding(dialect: Dialect) -> None:
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


def _prompt_template(dialect: Dialect) -> None:
    values = dialect.values
    dialect.json_text("variables", dict)
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


def _router(dialect: Dialect) -> None:
    values = dialect.values
    dialect.drop_empty("strategy", "routingStrategy", "fallbackModel")
    for name in ("models", "routes"):
        dialect.json_text(name, list)
    models = _models(dialect)
    strategy = dialect.take("strategy", "routingStrategy")
    if strategy is not None:
        values["strategy"] = strategy.lower() if isinstance(strategy, str) else strategy
        if values["strategy"] not in STRATEGIES:
            dialect.note(
                "strategy", f"is {strategy!r}, which no router knows; it counts as 'custom'"
            )
            values["strategy"] = "custom"
    _fallback(dialect, models)
    _check_routes(dialect, models)
    _messages(dialect)


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
            _with_provider({"condition": "always", **route}) if isinstance(route, dict) else route
            for route in routes
        ]
    if not routes and not models and not preset and not values.get("fallback"):
        dialect.refuse(
            None,
            "has no model to choose",
            "write `routes`, a `fallback`, `models`, or a strategy with routes of its own: "
            + ", ".join(PRESETS),
        )


def _with_provider(route: Values) -> Values:
    provider = route.get("provider")
    return {**route, "provider": provider.lower()} if isinstance(provider, str) else route


def _models(dialect: Dialect) -> list[dict[str, str]]:
    made = []
    for number, entry in enumerate(dialect.values.pop("models", None) or ()):
        named = entry if isinstance(entry, Mapping) else {"model": entry}
        route = _provider_and_model(named.get("model"), named.get("provider"))
        if route is None:
            dialect.refuse(
                f"models[{number}]",
                "names no model of a known provider",
                'write {"provider": …, "model": …} with one of ' + ", ".join(LLM_PROVIDERS),
            )
        else:
            made.append(route)
    return made


def _fallback(dialect: Dialect, models: list[dict[str, str]]) -> None:
    values = dialect.values
    if isinstance(values.get("fallback"), Mapping):
        values["fallback"] = _with_provider(dict(values["fallback"])) or None
    name = values.pop("fallbackModel", None)
    if name is None:
        return
    if values.get("fallback") is not None:
        dialect.note("fallbackModel", "is ignored, because `fallback` is set, too")
        return
    known = next((model for model in models if model["model"] == name), None)
    fallback = known or _provider_and_model(name, None)
    if fallback is None:
        dialect.refuse(
            "fallbackModel",
            f"is {name!r}, a model of no known provider",
            f"write PROVIDER/MODEL with one of {', '.join(LLM_PROVIDERS)}",
        )
    else:
        values["fallback"] = fallback


def _provider_and_model(model: Any, provider: Any) -> dict[str, str] | None:
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


def _condition(dialect: Dialect) -> None:
    values = dialect.values
    dialect.drop_empty("condition", "expression")
    values["lenient"] = "expression" not in values
    expression = dialect.take("expression", "condition")
    if expression is not None:
        values["expression"] = expression
    else:
        dialect.refuse(None, "has no `condition`", "write the condition")
        values["expression"] = "true"


def _postgres(dialect: Dialect) -> None:
    dialect.drop_empty("connectionString", "query", "params")
    dialect.json_text("params", dict)


def _log(dialect: Dialect) -> None:
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


def _edit_fields(dialect: Dialect) -> None:
    values = dialect.values
    dialect.drop_empty("mode")
    dialect.json_text("operations", list)
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


def _http_request(dialect: Dialect) -> None:
    dialect.drop_empty("method")
    dialect.values.setdefault("method", "GET")


def _parallel(dialect: Dialect) -> None:
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
    **dict.fromkeys(MODELS, _completion),
    "embeddingGenerate": _embedding,
    "promptTemplate": _prompt_template,
    "llmRouter": _router,
    "condition": _condition,
    "postgresQuery": _postgres,
    "log": _log,
    "editFields": _edit_fields,
    "httpRequest": _http_request,
    "parallel": _parallel,
}
