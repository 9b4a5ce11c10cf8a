"""
What is secret, and its removal from payloads, messages, stacks and names.

`Redactor` is the way in. Where in a record secrets are looked for, and when, is up to its callers:
capture before anything is written or sent, the receiver for clients that don't.

A text passes these steps:

1. `redactor` takes a record apart, and replaces a text whose redaction fails. `engine` owns the
   order of the steps, and `budget` bounds their cost.
2. One RE2 search finds each place at which a secret may stand. `anchors` writes its pattern from
   `names.toml`, `syntax/` and `tokens/rules.toml`; most texts have no such place and stay.
3. `scan` goes from place to place. `names` judges the name there, and `values` chooses the
   recogniser in `syntax/` that says where the value stands. `judge` decides by the name and by the
   value's shape (`shapes`), and leaves what only describes a secret (`descriptions`). `tokens/`
   knows tokens by their form. `bulk` and `syntax/tables` read many alike secrets at once.
4. Where escapes hide letters, `views` undoes them and the view is scanned as well. `known` looks
   for the secrets that were registered, and `paths` applies the user's own rules.
5. `spans` collects the places of the secrets and puts marks there.
"""

from __future__ import annotations

from flightlog.redaction.environment import environment_secrets
from flightlog.redaction.redactor import FAILED_TEXT, Redactor
from flightlog.redaction.rules import SHORTEST_SECRET, RedactionRules

__all__ = ["FAILED_TEXT", "SHORTEST_SECRET", "RedactionRules", "Redactor", "environment_secrets"]
