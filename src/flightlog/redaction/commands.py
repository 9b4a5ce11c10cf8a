r"""
Passwords that commands take by a letter, or after words: `mysql -px`, `IDENTIFIED BY 'x'`.

Options that say what they take, like `--password x`, are the business of `assignments`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from flightlog.redaction import values
from flightlog.redaction.keys import Name
from flightlog.redaction.prose import PLACEHOLDER
from flightlog.redaction.values import Span
from flightlog.redaction.vocabulary import Secrecy

NEEDLES: Final = (
    "curl ",
    "mysql",
    "mariadb",
    "mongo",
    "ldap",
    "sshpass",
    "redis-cli",
    "sqlplus",
    "jdbc:oracle:",
    "docker login",
    "podman login",
    "nerdctl login",
    "buildah login",
    "skopeo login",
    "oras login",
    "registry login",
    "az login",
    "zip ",
    "0z ",
    "0za ",
    "from-literal",
    "identified by",
    "identified with",
)
"""Texts in lower case, with every digit a 0, one of which begins each of these commands."""

_OPTIONS: Final = (b"-p", b"-u", b"-P", b"-U", b"-a", b"-w")
_LONGEST: Final = 512
_PASSWORD: Final = Name(b"password", Secrecy.WHOLE, b"password")


def _with_options(rest: bytes, blank: bytes, begun: bytes) -> re.Pattern[bytes]:
    option = rb"(?=" + blank + rb")" + rest + begun
    return re.compile(
        rb"(?i:curl)" + option + rb"(?:-u|--user|-U|--proxy-user)(?:=|" + blank + rb")?"
        rb"\\{0,7}[\"']?[^\s:\"'\\]{1,80}:"
        rb"|(?<![\w-])(?:mysql|mariadb)[a-z-]{0,8}(?:\.exe)?" + option + rb"-p(?=[^\s-])"
        rb"|7za?" + option + rb"-p(?=[^\s-])"
        rb"|sshpass" + blank + rb"{1,4}-p" + blank + rb"?"
        rb"|(?:docker|podman|nerdctl|buildah|skopeo|oras|registry|az) login" + option + rb"-p[ =]"
        rb"|(?<![\w-])mongo[a-z]{0,8}" + option + rb"-p" + blank + rb"{1,4}"
        rb"|ldap[a-z]{3,8}" + option + rb"-w" + blank + rb"{1,4}"
        rb"|redis-cli" + option + rb"-a" + blank + rb"{1,4}"
        rb"|zip" + option + rb"-P" + blank + rb"{1,4}"
    )  # fmt: skip


def _without_options(blank: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb"from-literal(?:=|" + blank + rb")[\w.-]{1,80}="
        rb"|sqlplus(?:" + blank + rb"-\S{1,8}){0,4}" + blank + rb"[\w$#]{1,30}\\?/"
        rb"|jdbc:oracle:(?:thin|oci):[\w$#]{1,30}\\?/"
        rb"|(?i:identified" + blank + rb"{1,4}(?:by|with" + blank + rb"{1,4}\S{1,60}"
        + blank + rb"{1,4}(?:by|as)))" + blank + rb"{1,4}(?=\\{0,7}[\"'])"
    )  # fmt: skip


class _Commands:
    """Finds where a command's password begins, in text with its escapes or without them."""

    def __init__(self, rest: bytes, blank: bytes, begun: bytes) -> None:
        self._with_options = _with_options(rest, blank, begun)
        self._without_options = _without_options(blank)

    def match(self, text: bytes, place: int) -> re.Match[bytes] | None:
        # Most texts only mention such a program, and these are found much faster.
        ahead = text[place : place + _LONGEST]
        if any(option in ahead for option in _OPTIONS):
            found = self._with_options.match(text, place)
            if found is not None:
                return found
        return self._without_options.match(text, place)


# From dash to dash, since a step for each byte would cost much. Compiled when the first is found,
# since most processes see none of these commands.
@cache
def _in_text() -> _Commands:
    return _Commands(rb"(?:[^\r\n|;&\\-]{1,80}+|\\\r?\n|\\.|-){0,24}?", rb"\s", rb"(?<![\w-])")


@cache
def _in_json() -> _Commands:
    return _Commands(
        rb"(?:[^\"\\-]{1,80}+|\\.|-){0,48}?",
        rb"(?:\s|\\{1,7}[nrt])",
        rb"(?:(?<![\w-])|(?<=\\[nrt]))",
    )


def may_take_password(json: bytes, place: int) -> bool:
    """
    Whether a command may hold a password, in text or in JSON whose escapes aren't undone.

    Args:
        json: The text.
        place: Where the command begins.
    """
    return _in_json().match(json, place) is not None


def password(text: bytes, place: int) -> Span | None:
    """
    Find the password that a command takes.

    Args:
        text: With its escapes undone.
        place: Where the command begins.
    """
    found = _in_text().match(text, place)
    if found is None or PLACEHOLDER.match(text, found.end()):
        return None
    quoted = values.quoted(text, found.end())
    if quoted:
        return values.unless_harmless(text, *quoted, _PASSWORD)
    return values.of_option(text, found.end(), _PASSWORD)
