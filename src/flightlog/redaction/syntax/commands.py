"""
Passwords that commands and the configuration of networks take without a name.

`mysql -px`, `curl -u bob:x`, and in lists of arguments; Wi-Fi codes, `.pgpass`, Cisco, SNMP, and
logins in dialogues of servers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import SURE, Value
from flightlog.redaction.shapes import PLACEHOLDER

ANCHOR: Final = (
    rb"(?i:curl\\*[\"',]* -|curl [^\n|]*-u|(?:mysql|mariadb)[a-z-]*(?:\.exe)?\\*[\"',]*[ \\]"
    rb"|7za? [a-z]|sshpass\\*[\"',]* -p|"
    rb"(?:docker|podman|nerdctl|buildah|skopeo|oras|registry|az) login|mongo[a-z]* |ldap[a-z]+ "
    rb"|redis-cli|zip -|from-literal"
    rb"|sqlplus|jdbc:oracle:|[ =]pass:|smbclient|rpcclient|convertto-securestring|htpasswd"
    rb"|net use|lftp|mosquitto_|bcp |psexec|schtasks|poetry config http-basic|echo [^\n|]*\|)"
)
BEGINS: Final = (
    rb"(?i:curl|mysql|mariadb|7z|sshpass|(?:docker|podman|nerdctl|buildah|skopeo|oras|registry"
    rb"|az) login|mongo|ldap|redis-cli|zip"
    rb"|from-literal|sqlplus|jdbc:oracle|[ =]pass:|smbclient|rpcclient|convertto-securestring"
    rb"|htpasswd|net use|lftp|mosquitto_|bcp |psexec|schtasks|poetry config|echo )"
)
# From dash to dash, since a step for each byte would cost much; not into the next command, but over
# a line break after a backslash, however often it is escaped. The group is atomic and takes whole
# runs of backslashes, whose parts can be combined in many ways.
_REST: Final = (
    rb"(?>[^\r\n|;&\\\"-]{1,80}"
    rb"|\\++(?:[^nr\\\r\n-]|n(?=[ \t])|\r?\n|(?=-)|(?<=\\\\)(?=[nr]))"
    rb"|\"[, ]{1,3}\"|\"|-){0,24}?"
)
_BEGUN: Final = rb"(?:(?<![\w-])|(?<=\\[nrt]))"
_OPTION: Final = rb"(?&blank)(?&rest)(?&begun)"
_GAP: Final = rb"(?:\\{0,15}[\"'],? ?\\{0,15}[\"']|(?&blank)){1,4}"
_Q: Final = rb"(?:(?&quote))?"
_LOGINS: Final = rb"(?:docker|podman|nerdctl|buildah|skopeo|oras|registry|helm registry|az) login"
_COMMAND: Final = pattern(
    rb"(?i:curl)(?&option)(?:-u|--user|-U|--proxy-user)(?:=|(?&gap))?(?&q)[^\s:\"'\\]{0,80}"
    rb"(?&q):(?&q)"
    rb"|(?<![\w-])(?:mysql|mariadb)[a-z-]{0,8}(?:\.exe)?(?:\\{0,15}[\"'])?,?"
    rb"(?&option)-p(?=[^\s-])(?!\\{0,15}\")"
    rb"|7za?(?&option)-p(?=[^\s\-\\])|sshpass(?&gap)-p(?&blank)?|(?&logins)(?&option)-p[ =]"
    rb"|(?<![\w-])mongo[a-z]{0,8}(?&option)-p(?&gap)|ldap[a-z]{3,8}(?&option)-w(?&gap)"
    rb"|redis-cli(?&option)-a(?&gap)|(?:un)?zip(?&option)-P(?&gap)"
    rb"|from-literal(?:=|(?&blank))[\w.-]{1,80}="
    rb"|sqlplus(?:(?&blank)-\S{1,8}){0,4}(?&blank)[\w$#]{1,30}\\?/"
    rb"|jdbc:oracle:(?:thin|oci):[\w$#]{1,30}\\?/|(?:-?pass(?:in|out)?)[ =]pass:"
    rb"|(?:smbclient|rpcclient)(?&option)(?:-U|--user)(?:=|(?&gap))?(?&q)[^\s%\"'\\]{1,80}%"
    rb"|(?i:ConvertTo-SecureString)(?: -String)?[ \t]{1,4}(?=(?&quote))|htpasswd"
    rb"(?&blank){1,4}-\w{0,4}b\w{0,4}(?&blank){1,4}\S{1,200}(?&blank){1,4}\S{1,80}"
    rb"(?&blank){1,4}|(?i:net use)[^\r\n]{0,120}?/user:\S{1,80}[ \t]{1,4}|"
    rb"(?:mosquitto_[a-z]{2,4}"
    rb"|bcp)(?&option)-P(?&gap)|(?i:psexec)(?:64)?(?:\.exe)?(?&option)-p(?&gap)"
    rb"|(?i:schtasks)[^\r\n]{0,200}?/(?i:rp)[ \t]{1,4}|poetry config http-basic\.\S{1,80} \S{1,"
    rb"80} |lftp(?&option)-u(?&gap)[^\s,\"'\\]{1,80},",
    option=_OPTION,
    rest=_REST,
    begun=_BEGUN,
    gap=_GAP,
    q=_Q,
    logins=_LOGINS,
)
_PIPED: Final = pattern(
    rb"echo[ \t]{1,4}(?:-n[ \t]{1,4})?(?&q)(?P<value>[^\s\"'\\|$]{4,100}+)"
    rb"(?&q)[ \t]{0,4}\|[^\r\n]{0,160}?(?:password-stdin|passwd|sudo -S|--stdin"
    rb"|pass(?:word|phrase)-fd)",
    q=_Q,
)
_CUT: Final = pattern(rb"[^\s\"'\\@;|&]++")
_BEFORE_HOST: Final = (b"sqlplus", b"jdbc")
NETWORK_ANCHOR: Final = (
    rb"WIFI:|enable (?:secret|password) |snmp-server (?:community|host)"
    rb"|[\w.*-]:(?:[0-9]{4}[0-9]?|\*):[\w.*-]+:[\w.*-]+:[^\s:\"\\]"
    rb"|r[ow]community6? |createUser |ACL SETUSER |register => ?[^\s:]+:|AUTH PLAIN [A-Za-z0-9+/]"
    rb"|334 UGFzc3dvcmQ6|[0-9] LOGIN [^\s]+ "
)
NETWORK_BEGINS: Final = (
    rb"WIFI:|enable |snmp-server |[\w.*-]:(?:[0-9]{2,5}|\*):|r[ow]community|createUser "
    rb"|ACL SETUSER |register =>|AUTH PLAIN |334 UGFz|[0-9] LOGIN "
)
_NETWORK: Final = pattern(
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
    """Find the password that a command takes."""
    piped = _PIPED.match(text, place, limit)
    if piped is not None:
        return ((*piped.span("value"), SURE),)
    found = _COMMAND.match(text, place, min(len(text), place + 1024))
    if found is None or PLACEHOLDER.match(text, found.end()):
        return ()
    start = found.end()
    span = reading.quoted(text, start, limit)
    if span is not None and span[0] <= start + 4:
        return ((span[0], span[1], SURE),)
    if found[0][:7].lower().startswith(_BEFORE_HOST):
        cut = _CUT.match(text, start, limit)
        return ((start, cut.end(), SURE),) if cut else ()
    end = reading.judged_end(text, start, len(text))
    return ((start, end, SURE),) if end > start and text[start : start + 1] != b"-" else ()


def read_network(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """Find the secret of a network."""
    found = _NETWORK.match(text, place, limit)
    return ((*found.span(found.lastgroup or 0), SURE),) if found else ()
