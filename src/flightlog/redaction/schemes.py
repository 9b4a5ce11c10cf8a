"""The scheme with which credentials begin: `Bearer x`, `Basic x`."""

from __future__ import annotations

from typing import Final

from flightlog.redaction.patterns import pattern

_SCHEME: Final = pattern(
    rb"(?i)(?:bearer|basic|bot|token|negotiate|apikey|api-key|key|jwt|genie-?key"
    rb"|splunk|ssws|hmac|(?:private|access|api)-?token|oauth)(?:[ \t:]|%20|\\[nt])+"
)


def scheme_length(value: bytes) -> int:
    """Measure the `Bearer ` with which credentials begin; 0 where there is none."""
    found = _SCHEME.match(value)
    return found.end() if found and found.end() < len(value) else 0
