"""Secrets of networks: Wi-Fi codes, `.pgpass`, Cisco, SNMP, and logins in dialogues of servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import SURE, Value

ANCHOR: Final = (
    rb"WIFI:|enable (?:secret|password) |snmp-server (?:community|host)"
    rb"|[\w.*-]:(?:[0-9]{4}[0-9]?|\*):[\w.*-]+:[\w.*-]+:[^\s:\"\\]"
    rb"|r[ow]community6? |createUser |ACL SETUSER |register => ?[^\s:]+:|AUTH PLAIN [A-Za-z0-9+/]"
    rb"|334 UGFzc3dvcmQ6|[0-9] LOGIN [^\s]+ "
)
BEGINS: Final = (
    rb"WIFI:|enable |snmp-server |[\w.*-]:(?:[0-9]{2,5}|\*):|r[ow]community|createUser "
    rb"|ACL SETUSER |register =>|AUTH PLAIN |334 UGFz|[0-9] LOGIN "
)
_FOUND: Final = pattern(
    rb"WIFI:(?:[A-Z]:[^\n\";]{0,80};)*?P:(?P<wifi>(?:[^;\\\"]|\\{1,3}[;:,\\])++)"
    rb"|enable (?:secret"
    rb"|password) (?:level [0-9]{1,2} )?(?:[0-9] )?(?P<enable>[^\s\"\\]++)"
    rb"|snmp-server community (?P<community>[^\s\"\\]++)|[\w.*-]:(?:[0-9]{2,5}"
    rb"|\*):[\w.*-]{1,60}:[\w.*-]{1,60}:(?P<pgpass>(?:[^\s:\"\\]"
    rb"|\\{1,3}[:\\])++)(?=\s|\\{1,15}n|\"|\Z)|r[ow]community6? (?P<snmp>[^\s\"\\]++)"
    rb"(?= default| [0-9.]|\s*(?:\\|\"|\Z))|createUser [^\s\"\\]{1,80} (?:MD5"
    rb"|SHA)[0-9-]{0,4} (?:\\{0,15}\")?(?P<user>[^\s\"\\]++)|ACL SETUSER [^\s\"\\]{1,80} "
    rb"[^\r\n\"\\>]{0,80}>(?P<acl>[^\s\"\\]++)|register => ?[^\s:\"\\]{1,80}:"
    rb"(?P<sip>[^\s@\"\\]++)@|AUTH PLAIN (?P<sasl>[A-Za-z0-9+/=]{12,}+)|334 UGFzc3dvcmQ6"
    rb"(?:[\r\n]|\\{1,15}[rn]){1,4}(?:[C>]:? )?(?P<login>[A-Za-z0-9+/=]{4,}+)"
    rb"|[0-9] LOGIN [^\s\"\\]{1,80} (?P<imap>(?=[^\s\"\\]*[^a-z\s\"\\])[^\s\"\\]{4,}+)"
)


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """Find the secret of a network."""
    found = _FOUND.match(text, place, limit)
    return ((*found.span(found.lastgroup or 0), SURE),) if found else ()
