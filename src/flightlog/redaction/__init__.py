"""
What is secret, and its removal from payloads, messages, stacks and names.

`Redactor` is the way in. Where in a record secrets are looked for, and when, is up to its callers:
capture before anything is written or sent, the receiver for clients that don't.
"""

from __future__ import annotations

from flightlog.redaction.environment import environment_secrets
from flightlog.redaction.redactor import FAILED_TEXT, Redactor
from flightlog.redaction.rules import RedactionRules

__all__ = ["FAILED_TEXT", "RedactionRules", "Redactor", "environment_secrets"]
