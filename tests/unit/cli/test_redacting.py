"""The redactor of a command."""

from __future__ import annotations

import json

import pytest

from flightlog.cli.redacting import make_redactor
from flightlog.errors import InvalidSettingError


def test_rules_and_secrets_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and patterns of the settings are removed, and excepted paths are kept."""
    monkeypatch.setenv("SERVICE_TOKEN", "q7f3k9x2m5w8")
    redactor = make_redactor(
        [
            (
                "the settings file",
                {
                    "redact_keys": ["internal_ref"],
                    "redact_patterns": ["EMP-[0-9]{6}"],
                    "redact_except": ["output.kept"],
                },
            )
        ]
    )
    value = {
        "internal_ref": "X1",
        "note": "EMP-123456 used q7f3k9x2m5w8",
        "kept": {"internal_ref": "X2"},
    }
    redacted = json.loads(redactor.payload(json.dumps(value).encode(), "output"))
    assert redacted["internal_ref"].startswith("[REDACTED:")
    assert "EMP-123456" not in redacted["note"]
    assert "q7f3k9x2m5w8" not in redacted["note"]
    assert redacted["kept"] == {"internal_ref": "X2"}


def test_rule_that_cannot_be_used_is_refused() -> None:
    """The error names the setting."""
    with pytest.raises(InvalidSettingError, match="redact_patterns"):
        make_redactor([("the settings file", {"redact_patterns": ["("]})])
