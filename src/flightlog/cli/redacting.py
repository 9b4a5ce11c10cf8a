"""The redactor of a command, with the rules from the settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from flightlog.cli.settings import Source, choose

if TYPE_CHECKING:
    from flightlog.redaction import Redactor


REDACTION_SETTINGS: Final = ("redact_keys", "redact_patterns", "redact_except", "redact_rules")
"""The settings of redaction."""


def make_redactor(found: list[Source]) -> Redactor:
    """
    Make the redactor for imported records.

    Args:
        found: The chosen settings of all sources.

    Returns:
        The redactor.

    Raises:
        InvalidSettingError: A rule, or the installation's secret, can't be used.
    """
    from flightlog.redaction import (  # noqa: PLC0415 - slow to import
        RedactionRules,
        Redactor,
        environment_secrets,
    )
    from flightlog.secret_key import load_secret_key  # noqa: PLC0415 - lazy

    chosen = choose(found, *REDACTION_SETTINGS)
    rules = RedactionRules(
        keys=chosen.get("redact_keys", ()),
        patterns=chosen.get("redact_patterns", ()),
        except_paths=chosen.get("redact_except", ()),
        rules=chosen.get("redact_rules", ()),
    )
    key = load_secret_key().redaction_key
    return Redactor(key, rules, secrets=environment_secrets(os.environ))
