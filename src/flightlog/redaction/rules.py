"""The rules that a user adds: names and patterns that are secret here, and paths that are not."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from flightlog.errors import InvalidSettingError
from flightlog.redaction.patterns import Pattern

SHORTEST_SECRET: Final = 4
"""In characters. What is shorter stands by chance in much that isn't secret."""
_ROOTS: Final = frozenset({"input", "output", "trigger", "logs", "*", "**"})


class RedactionRules(msgspec.Struct, frozen=True, kw_only=True):
    """What is secret beyond what is known everywhere, and where nothing is."""

    keys: tuple[str, ...] = ()
    """Names that hold secrets, in any case and however their words are joined: `internal_ref`."""
    patterns: tuple[str, ...] = ()
    """RE2 patterns; what one matches is secret: `EMP-[0-9]{6}`."""
    except_paths: tuple[str, ...] = ()
    """
    Where nothing is removed but known secrets: `input.usage.token`, `output.**.session_token`.
    `*` is any one step, `**` any number; an item of a list is a step, its index or `*`.
    """

    rules: tuple[str, ...] = ()
    """
    Files of token rules to add, in the format of gitleaks, and `off:ID` for each rule to leave out.
    """

    def __post_init__(self) -> None:
        if self.rules:
            # Importing Flightlog must not cost what only token rules need.
            from flightlog.redaction.tokens import chosen_rules  # noqa: PLC0415

            chosen_rules(self.rules)
        for key in self.keys:
            if not any(character.isalnum() for character in key):
                raise InvalidSettingError(
                    "redact_keys",
                    f"has {key!r}, which is no name",
                    hint="Give names of letters, e.g. `internal_ref`.",
                )
        for pattern in self.patterns:
            compiled_pattern(pattern)
        for path in self.except_paths:
            root, _, rest = path.partition(".")
            if root not in _ROOTS or "" in rest.split(".")[:-1] or path.endswith("."):
                raise InvalidSettingError(
                    "redact_except",
                    f"has {path!r}, which is no path into a payload",
                    hint="Begin with `input`, `output` or `trigger`, e.g. `output.**.token`.",
                )


@lru_cache(maxsize=256)
def compiled_pattern(pattern: str) -> Pattern:
    """
    Compile a pattern of a user's.

    Args:
        pattern: The pattern, RE2.

    Returns:
        The compiled pattern.

    Raises:
        InvalidSettingError: RE2 refuses it, or it matches the empty text.
    """
    try:
        compiled = Pattern(pattern)
    except ValueError as error:
        raise InvalidSettingError(
            "redact_patterns",
            f"has {pattern!r}, which RE2 refuses ({error})",
            hint="RE2 has no look-around and no back-references; see its syntax page.",
        ) from error
    if compiled.is_in(""):
        raise InvalidSettingError(
            "redact_patterns",
            f"has {pattern!r}, which matches the empty text",
            hint="Make it match at least one character.",
        )
    return compiled
