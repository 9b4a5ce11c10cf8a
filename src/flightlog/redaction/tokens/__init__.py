"""
Tokens that are recognised by their form: rules as data, and what they find in a text.

The rules are in `rules.toml`, in the format of gitleaks. `rule_files` reads such files,
`raw_patterns` makes their patterns match texts whose escapes are not undone, and `token_rules`
tries them.
"""

from __future__ import annotations

from flightlog.redaction.tokens.rule_files import TokenRule, chosen_rules, shipped_rules
from flightlog.redaction.tokens.token_rules import Covered, TokenRules

__all__ = ["Covered", "TokenRule", "TokenRules", "chosen_rules", "shipped_rules"]
