"""
Secrets of a workflow: read from the environment by name, and kept out of its records.

Calls get the secrets' values, but records never contain the values. For this reason, `Secrets`
registers each value with the recorder when a run begins, and later each value that an expression
makes of a secret.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from flightlog.errors import UnusableSecretError

SHORTEST: Final = 4
"""The shortest usable secret, characters. A shorter text occurs by chance in unrelated text."""
_CONCEALED: Final = "[SECRET]"
_MAX_LEAVES: Final = 10_000


class Secret(Struct, frozen=True):
    """A secret that a workflow names. A bare name means a required secret."""

    name: str
    """The name of the environment variable."""
    required: bool = True
    """Whether a run without this secret is refused."""
    default: str | None = None
    """The value when the variable isn't set."""


class Secrets:
    """
    The secrets that a workflow declares.

    Args:
        declared: The secrets.
        register: Called with each value that must not be recorded.
    """

    def __init__(
        self,
        declared: Collection[str | Secret],
        register: Callable[[str], None],
    ) -> None:
        named = [Secret(secret) if isinstance(secret, str) else secret for secret in declared]
        self._declared = {secret.name: secret for secret in named}
        self._register = register
        self._known: frozenset[str] = frozenset()

    @property
    def names(self) -> Collection[str]:
        """The names of the declared secrets."""
        return self._declared.keys()

    def load(self) -> Mapping[str, str]:
        """
        Read all declared secrets.

        Returns:
            The values by name; an optional secret that isn't set is absent.

        Raises:
            UnusableSecretError: A required secret is missing, or a secret is too short to be kept
                out of records.
        """
        values = {}
        for name, secret in self._declared.items():
            value = os.environ.get(name) or secret.default
            if value:
                values[name] = self.usable(name, value)
            elif secret.required:
                raise UnusableSecretError(name, "is not set")
        return values

    def value(self, name: str) -> str:
        """
        Read one secret from the environment, whether the workflow declares this secret or not.

        Args:
            name: The name of the environment variable.

        Returns:
            The secret's value.

        Raises:
            UnusableSecretError: The secret is missing, or too short to be kept out of records.
        """
        declared = self._declared.get(name)
        value = os.environ.get(name) or (declared.default if declared else None)
        if not value:
            raise UnusableSecretError(name, "is not set")
        return self.usable(name, value)

    def usable(self, name: str, value: str) -> str:
        """
        Keep a value out of records.

        Args:
            name: The secret's name, for the error.
            value: The value.

        Returns:
            The value.

        Raises:
            UnusableSecretError: The value is empty, or too short to be kept out of records.
        """
        if not value:
            raise UnusableSecretError(name, "is not set")
        if len(value) < SHORTEST:
            raise UnusableSecretError(
                name, f"has fewer than {SHORTEST} characters, too few to keep it out of records"
            )
        self._learn(value)
        return value

    def _learn(self, value: str) -> None:
        if value not in self._known:
            # Replace the whole set because another thread may be iterating over the old set.
            self._known |= {value}
            self._register(value)

    def are_in(self, values: Collection[Any]) -> bool:
        """
        Check whether any value contains a known secret.

        Args:
            values: Values of any type; texts and numbers nested in them are checked too.

        Returns:
            Whether a known secret is part of any text.
        """
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
        Keep out of records a value that an expression made of a secret.

        Args:
            made: A text, or a list or object. In a list or object, only texts that are part of a
                known secret count.

        Returns:
            Whether the value can be kept out: a very short text can't be distinguished from
            unrelated text.
        """
        texts = list(_texts((made,), values_only=True))
        if not isinstance(made, str):
            texts = [text for text in texts if any(text in secret for secret in self._known)]
        if sum(len(text) for text in texts if len(text) < SHORTEST) >= (
            1 if isinstance(made, str) else SHORTEST
        ):
            return False
        for text in texts:
            # A text that contains a known secret needs no registration: redaction already removes
            # the secret in it.
            if len(text) >= SHORTEST and not any(secret in text for secret in self._known):
                self._learn(text)
        return True

    def conceal(self, text: str) -> str:
        """
        Remove known secrets from a message for the caller, also in their JSON form.

        Args:
            text: The message.

        Returns:
            The message with `[SECRET]` in the place of each secret.
        """
        for secret in sorted(self._known, key=len, reverse=True):
            written = json.dumps(secret, ensure_ascii=False)[1:-1]
            text = text.replace(secret, _CONCEALED).replace(written, _CONCEALED)
        return text


def _texts(values: Collection[Any], *, values_only: bool = False) -> Iterator[str]:
    # Keep iterators, because a list of all items of one value may not fit in memory.
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
