"""
Secrets of a workflow: read from the environment by name, and kept out of its records.

Their values reach calls and never a record: each is told to the recorder when a run begins, and so
is what expressions make of one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from flightlog.errors import UnusableSecretError

SHORTEST: Final = 4
"""A secret of fewer characters stands by chance in much that has nothing to do with it."""
_CONCEALED: Final = "[SECRET]"
_MAX_LEAVES: Final = 10_000


class Secret(Struct, frozen=True):
    """A secret that a workflow names; a bare name is one that is required."""

    name: str
    """The variable of the environment."""
    required: bool = True
    """Whether no run begins without it."""
    default: str | None = None
    """What serves where it isn't set."""


class Secrets:
    """
    The secrets that a workflow declares.

    Args:
        declared: The secrets.
        register: Told each value that must not be recorded.
    """

    def __init__(
        self,
        declared: Collection[str | Secret],
        register: Callable[[str], None],
    ) -> None:
        named = [Secret(one) if isinstance(one, str) else one for one in declared]
        self._declared = {secret.name: secret for secret in named}
        self._register = register
        self._known: frozenset[str] = frozenset()

    @property
    def names(self) -> Collection[str]:
        """The names declared."""
        return self._declared.keys()

    def load(self) -> Mapping[str, str]:
        """
        Read all of them.

        Returns:
            By name; an optional one that isn't set is absent.

        Raises:
            UnusableSecretError: A required one is missing, or one is too short to be kept out of
                records.
        """
        values = {}
        for name, secret in self._declared.items():
            value = os.environ.get(name) or secret.default
            if value:
                values[name] = self._usable(name, value)
            elif secret.required:
                raise UnusableSecretError(name, "is not set")
        return values

    def value(self, name: str) -> str:
        """
        Read one from the environment, whether the workflow declares it or not.

        Raises:
            UnusableSecretError: It is missing, or too short to be kept out of records.
        """
        declared = self._declared.get(name)
        value = os.environ.get(name) or (declared.default if declared else None)
        if not value:
            raise UnusableSecretError(name, "is not set")
        return self._usable(name, value)

    def _usable(self, name: str, value: str) -> str:
        if len(value) < SHORTEST:
            raise UnusableSecretError(
                name, f"has fewer than {SHORTEST} characters, too few to keep it out of records"
            )
        self._learn(value)
        return value

    def _learn(self, value: str) -> None:
        if value not in self._known:
            # Replaced as a whole, since another thread may be looking through it.
            self._known |= {value}
            self._register(value)

    def are_in(self, values: Collection[Any]) -> bool:
        """Whether any of these values holds a known secret."""
        if not self._known:
            return False
        return any(
            secret in text
            for text in _texts(values)
            if len(text) >= SHORTEST
            for secret in self._known
        )

    def learn(self, made: Any) -> bool:
        """
        Keep out of records what was made of a secret.

        Args:
            made: A text; or a list or object, of which only what is a piece of a secret counts.

        Returns:
            Whether that can be done: a few characters can't be told from others.
        """
        texts = list(_texts((made,), values_only=True))
        if not isinstance(made, str):
            texts = [text for text in texts if any(text in secret for secret in self._known)]
        if sum(len(text) for text in texts if len(text) < SHORTEST) >= (
            1 if isinstance(made, str) else SHORTEST
        ):
            return False
        for text in texts:
            # What holds a known secret is removed from records with it.
            if len(text) >= SHORTEST and not any(secret in text for secret in self._known):
                self._learn(text)
        return True

    def conceal(self, text: str) -> str:
        """Remove known secrets from a message for the caller, also where they stand in JSON."""
        for secret in sorted(self._known, key=len, reverse=True):
            written = json.dumps(secret, ensure_ascii=False)[1:-1]
            text = text.replace(secret, _CONCEALED).replace(written, _CONCEALED)
        return text


def _texts(values: Collection[Any], *, values_only: bool = False) -> Iterator[str]:
    # Iterators, since the items of one value may be more than there is memory for.
    waiting: list[Iterator[Any]] = [iter(values)]
    for _ in range(_MAX_LEAVES):
        while waiting and (value := next(waiting[-1], waiting)) is waiting:
            waiting.pop()
        if not waiting:
            return
        if isinstance(value, str):
            yield value
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield str(value)
        elif isinstance(value, Mapping):
            waiting.append(iter(value.values()))
            if not values_only:
                waiting.append(iter(value.keys()))
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting.append(iter(value))
