"""Secrets of networks: Wi-Fi codes, `.pgpass`, Cisco's configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction.reading import SURE, Value

EXAMPLES: Final = (
    ("WIFI:S:home;T:WPA;P:█;;", "EGDncFTVW2927q"),
    ("db.internal:5432:shop:shopper:█", "Tr0ub4dor9"),
    ("enable secret 0 █", "zWoqxAf293J87q"),
    ("enable password █", "zWoqxAf293J87q"),
    ("snmp-server community █ RO", "zWoqxAf293J87q"),
    ("see db.internal:5432: connection refused", ""),
)
ANCHOR: Final = (
    rb"WIFI:|enable (?:secret|password) |snmp-server (?:community|host)"
    rb"|[\w.*-]:(?:[0-9]{4}[0-9]?|\*):[\w.*-]+:[\w.*-]+:[^\s:\"\\]"
)
BEGINS: Final = rb"WIFI:|enable |snmp-server |[\w.*-]:(?:[0-9]{2,5}|\*):"
_FOUND: Final = re.compile(
    rb"WIFI:(?:[A-Z]:[^\n\";]{0,80};)*?P:(?P<wifi>(?:[^;\\\"]|\\{1,3}[;:,\\])++)"
    rb"|enable (?:secret|password) (?:level [0-9]{1,2} )?(?:[0-9] )?(?P<enable>[^\s\"\\]++)"
    rb"|snmp-server community (?P<community>[^\s\"\\]++)"
    rb"|[\w.*-]:(?:[0-9]{2,5}|\*):[\w.*-]{1,60}:[\w.*-]{1,60}:(?P<pgpass>(?:[^\s:\"\\]|\\{1,3}[:\\])++)(?=\s|\\{1,15}n|\"|\Z)"
)


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find the secret of a network.

    Args:
        text: The text.
        place: Where its configuration begins.
        limit: Where the text, or the string around it, ends.
    """
    found = _FOUND.match(text, place, limit)
    return ((*found.span(found.lastgroup or 0), SURE),) if found else ()
