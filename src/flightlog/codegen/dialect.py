"""
`Dialect`: one node's config, while it is brought into the spelling of `node_types`.

The editor's types, its forms and its generator each spell configs in their own way. Where two
spellings of one setting differ, the spelling that the editor's generator reads wins, with a note on
the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from flightlog.codegen.conversion import write_child_place
from flightlog.codegen.problems import Problems
from flightlog.codegen.values import OPEN

Values = dict[str, Any]

_COMPLETION: Final = {
    "systemPrompt": ("system", "system_prompt"),
    "maxTokens": ("max_tokens",),
    "streaming": ("stream",),
    "responseFormat": ("response_format",),
    "apiKey": ("api_key",),
}
_SPELLINGS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "anthropicCompletion": _COMPLETION,
    "openaiCompletion": _COMPLETION,
    "groqCompletion": _COMPLETION,
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
_SHOWN: Final = 80


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
        place = self.place if name is None else write_child_place(self.place, name)
        self._problems.add(place, what, advice)

    def note(self, name: str, sentence: str) -> None:
        """
        Add a note on a setting.

        Args:
            name: The setting.
            sentence: The rest of the sentence, after the setting's place.
        """
        self._notes.append(f"`{write_child_place(self.place, name)}` {sentence}.")

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

    def parse_json_text(self, name: str, kind: type[list[Any] | dict[str, Any]]) -> None:
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
        self.refuse(name, f"is {shorten_value(made)}, not {wanted}", f"write {wanted}")
        del self.values[name]


def shorten_value(value: Any) -> str:
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
