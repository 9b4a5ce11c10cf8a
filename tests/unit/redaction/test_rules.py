"""The rules that users add to redaction."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.redaction.rules import RedactionRules, compiled_pattern


@pytest.mark.parametrize(
    ("rules", "setting", "reason"),
    [
        ({"keys": ("--",)}, "redact_keys", "no name"),
        ({"patterns": ("(",)}, "redact_patterns", "RE2 refuses"),
        ({"patterns": ("(?=a)",)}, "redact_patterns", "RE2 refuses"),
        ({"patterns": ("a*",)}, "redact_patterns", "matches the empty text"),
        ({"except_paths": ("token",)}, "redact_except", "no path"),
        ({"except_paths": ("output..token",)}, "redact_except", "no path"),
        ({"except_paths": ("output.",)}, "redact_except", "no path"),
    ],
)
def test_rule_that_cannot_be_used_is_named(
    rules: dict[str, Any], setting: str, reason: str
) -> None:
    """The error names the setting and the reason, and the hint has an example or a remedy."""
    with pytest.raises(InvalidSettingError, match=reason) as caught:
        RedactionRules(**rules)
    assert caught.value.setting == setting
    assert caught.value.hint


def test_valid_rules_are_accepted() -> None:
    """Names with joints, patterns of RE2, and paths from each root are valid."""
    rules = RedactionRules(
        keys=("internal_ref", "Kunden-Nr"),
        patterns=("EMP-[0-9]{6}",),
        except_paths=("output", "input.usage.token", "**.session_token", "*.a.0", "logs.**"),
    )
    assert rules.keys == ("internal_ref", "Kunden-Nr")


def test_pattern_is_compiled_once() -> None:
    """A pattern that is used again is the same object."""
    assert compiled_pattern("EMP-[0-9]+") is compiled_pattern("EMP-[0-9]+")
