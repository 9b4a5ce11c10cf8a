"""
Passwords that commands take by an option.

`mysql -px`, `curl -u bob:x`, and in lists of arguments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.reading import BLANK, QUOTE, SURE, Value
from flightlog.redaction.shapes import PLACEHOLDER

EXAMPLES: Final = (
    ("mysql -h db -u bob -p█ app", "sword"),
    ("mysqldump \\\n  -p█ app | gzip", "sword"),
    ('["mysql", "-uroot", "-p█"]', "sword7"),
    ('sshpass -p "█" ssh a', "sword"),
    ("docker login -u bob -p █ a", "sword"),
    ("echo █ | docker login -u bob --password-stdin", "sword7"),
    ("curl -u bob:█ https://a", "sword"),
    ('curl -u ":█" https://a', "d2LkV78zLx!t"),
    ("redis-cli -a █ ping", "sword"),
    ("sqlplus scott/█@db", "tiger"),
    ("jdbc:oracle:thin:scott/█@//db:1521/ORCL", "tiger"),
    ("kubectl create secret generic a --from-literal=a=█", "sword"),
    ("openssl rsa -passin pass:█", "sword"),
    ("smbclient //srv/share -U bob%█", "sword7"),
    ("ConvertTo-SecureString '█' -AsPlainText", "sword"),
    ("htpasswd -b .htpasswd bob █", "sword7"),
    ("net use Z: \\\\srv\\share /user:bob █", "sword7"),
    ("lftp -u bob,█ ftp.example.com", "sword7"),
    ("zip -r -P █ a.zip a", "sword"),
    ("mysql -p app", ""),
    ("mysql -p$PASSWORD app", ""),
    ("docker run --name some-mysql -p3306:3306 -d mysql", ""),
    ("7z x -p a.7z", ""),
    ("docker run -u 1:1 x", ""),
)
ANCHOR: Final = (
    rb"(?i:curl\\*[\"',]* -|curl [^\n|]*-u|(?:mysql|mariadb)[a-z-]*(?:\.exe)?\\*[\"',]*[ \\]"
    rb"|7za? [a-z]|sshpass\\*[\"',]* -p|"
    rb"(?:docker|podman|nerdctl|buildah|skopeo|oras|registry|az) login|mongo[a-z]* |ldap[a-z]+ "
    rb"|redis-cli|zip -|from-literal"
    rb"|sqlplus|jdbc:oracle:|[ =]pass:|smbclient|rpcclient|convertto-securestring|htpasswd"
    rb"|net use|lftp|echo [^\n|]*\|)"
)
BEGINS: Final = (
    rb"(?i:curl|mysql|mariadb|7z|sshpass|(?:docker|podman|nerdctl|buildah|skopeo|oras|registry"
    rb"|az) login|mongo|ldap|redis-cli|zip"
    rb"|from-literal|sqlplus|jdbc:oracle|[ =]pass:|smbclient|rpcclient|convertto-securestring"
    rb"|htpasswd|net use|lftp|echo )"
)
# From dash to dash, since a step for each byte would cost much; not into the next command.
_REST: Final = (
    rb"(?:[^\r\n|;&\\\"-]{1,80}+|\\\r?\n|\\{1,15}[^nr]|\\{1,15}n(?=[ \t])|\"[, ]{1,3}\"|\""
    rb"|-){0,24}?"
)
_BEGUN: Final = rb"(?:(?<![\w-])|(?<=\\[nrt]))"
_OPTION: Final = BLANK + _REST + _BEGUN
_GAP: Final = rb"(?:\\{0,15}[\"'],? ?\\{0,15}[\"']|" + BLANK + rb"){1,4}"
_Q: Final = rb"(?:" + QUOTE + rb")?"
_LOGINS: Final = rb"(?:docker|podman|nerdctl|buildah|skopeo|oras|registry|helm registry|az) login"
_COMMAND: Final = re.compile(
    rb"(?i:curl)" + _OPTION + rb"(?:-u|--user|-U|--proxy-user)(?:=|" + _GAP + rb")?" + _Q
    + rb"[^\s:\"'\\]{0,80}" + _Q + rb":" + _Q
    + rb"|(?<![\w-])(?:mysql|mariadb)[a-z-]{0,8}(?:\.exe)?(?:\\{0,15}\")?,?" + _OPTION
    + rb"-p(?=[^\s-])(?!\\{0,15}\")"
    rb"|7za?" + _OPTION + rb"-p(?=[^\s\-\\])"
    rb"|sshpass" + _GAP + rb"-p" + BLANK + rb"?"
    rb"|" + _LOGINS + _OPTION + rb"-p[ =]"
    rb"|(?<![\w-])mongo[a-z]{0,8}" + _OPTION + rb"-p" + _GAP
    + rb"|ldap[a-z]{3,8}" + _OPTION + rb"-w" + _GAP
    + rb"|redis-cli" + _OPTION + rb"-a" + _GAP
    + rb"|(?:un)?zip" + _OPTION + rb"-P" + _GAP
    + rb"|from-literal(?:=|" + BLANK + rb")[\w.-]{1,80}="
    rb"|sqlplus(?:" + BLANK + rb"-\S{1,8}){0,4}" + BLANK + rb"[\w$#]{1,30}\\?/"
    rb"|jdbc:oracle:(?:thin|oci):[\w$#]{1,30}\\?/"
    rb"|(?:-?pass(?:in|out)?)[ =]pass:"
    rb"|(?:smbclient|rpcclient)" + _OPTION + rb"(?:-U|--user)(?:=|" + _GAP + rb")?" + _Q
    + rb"[^\s%\"'\\]{1,80}%"
    rb"|(?i:ConvertTo-SecureString)(?: -String)?[ \t]{1,4}(?=" + QUOTE + rb")"
    rb"|htpasswd" + BLANK + rb"{1,4}-\w{0,4}b\w{0,4}" + BLANK + rb"{1,4}\S{1,200}" + BLANK
    + rb"{1,4}\S{1,80}" + BLANK + rb"{1,4}"
    rb"|(?i:net use)[^\r\n]{0,120}?/user:\S{1,80}[ \t]{1,4}"
    rb"|lftp" + _OPTION + rb"-u" + _GAP + rb"[^\s,\"'\\]{1,80},"
)  # fmt: skip
_PIPED: Final = re.compile(
    rb"echo[ \t]{1,4}(?:-n[ \t]{1,4})?"
    + _Q
    + rb"(?P<value>[^\s\"'\\|$]{4,100}+)"
    + _Q
    + rb"[ \t]{0,4}\|[^\r\n]{0,160}?(?:password-stdin|passwd|sudo -S|--stdin|pass(?:word"
    rb"|phrase)-fd)"
)
_CUT: Final = re.compile(rb"[^\s\"'\\@;|&]++")
_BEFORE_HOST: Final = (b"sqlplus", b"jdbc")


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find the password that a command takes.

    Args:
        text: The text.
        place: Where the command begins.
        limit: Where the text, or the string around it, ends.
    """
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
