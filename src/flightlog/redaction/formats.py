r"""
Secrets that can be told by their looks: key formats of providers, tokens, PEM blocks, card numbers.

RE2 finds them, in time linear in the text. Every alternative is a distinctive beginning and a run
of characters after it, so that a try that fails has looked at little and one that succeeds has
used up what it looked at. What an alternative can't say is checked afterwards.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from string import ascii_lowercase
from typing import Any, Final, NamedTuple


class Format(NamedTuple):
    """One family of secrets."""

    needles: str
    """Texts in lower case, with every digit a 0, one of which stands in each."""
    pattern: str
    """RE2, without what must stand before it."""


_SLACK: Final = " ".join(f"xox{kind}{after}" for kind in ascii_lowercase for after in "-.")
_FORMATS: Final = (
    Format("akia asia abia acca", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{8,}"),
    Format("ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{8,}"),
    Format("github_pat_", r"github_pat_\w{8,}"),
    Format(
        "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glimt- glagent- gloas-",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-[\w.-]{8,}",
    ),
    Format(_SLACK, r"xox[a-z](?:\.xox[a-z])?-[\w-]{8,}"),
    Format("xapp-", r"xapp-\d-[\w-]{8,}"),
    Format("hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+-]{8,}"),
    Format(
        "discord.com/api discordapp.com/api",
        r"discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d+/[\w-]{8,}",
    ),
    Format("webhook.office.com", r"webhook\.office\.com/\w{1,20}/[\w@/-]{16,}"),
    Format("hooks.zapier.com", r"hooks\.zapier\.com/hooks/catch/[\w/]{8,}"),
    Format("sk_live_ sk_test_ rk_live_ rk_test_", r"[sr]k_(?:live|test)_\w{8,}"),
    Format("whsec_", r"whsec_[\w+/-]{8,}=*"),
    Format("sk-", r"sk-[\w-]{16,}"),
    Format("gsk_ xai- pplx-", r"(?:gsk_|xai-|pplx-)\w{16,}"),
    Format("r0_", r"r8_\w{20,}"),
    Format("nvapi- tvly- lsv0_ pcsk_", r"(?:nvapi-|tvly-|lsv2_|pcsk_)[\w-]{16,}"),
    Format("aiza", r"AIza[\w-]{16,}"),
    Format("ya00.", r"ya29\.[\w.-]{8,}"),
    Format("gocspx-", r"GOCSPX-[\w-]{8,}"),
    Format("0//0", r"1//0[\w-]{20,}"),
    Format("0q~", r"[\w~.-]{3}\dQ~[\w~.-]{16,}"),
    Format("sg.", r"SG\.[\w-]{16,}(?:\.[\w-]*)?"),
    Format("", r"(?:SK|AC)[0-9a-f]{32}(?::\w{8,})?"),
    Format("npm_ hf_ api_org_", r"(?:npm_|hf_|api_org_)[A-Za-z0-9]{16,}"),
    Format("pypi-", r"pypi-[\w-]{16,}"),
    Format("dop_v0_ doo_v0_ dor_v0_", r"do[por]_v1_[a-f0-9]{8,}"),
    Format("0:aa", r"\d{6,12}:AA[\w-]{16,}"),
    Format("", r"[MNO][\w-]{17,27}\.[\w-]{6}\.[\w-]{16,}"),
    Format("mfa.", r"mfa\.[\w-]{20,}"),
    Format("eyj", r"eyJ[\w-]{8,}[\w.-]*"),
    Format("key-", r"key-[0-9a-f]{16,}"),
    Format("-us0", r"[0-9a-f]{32}-us\d{1,2}"),
    Format("shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_\w{8,}"),
    Format("dapi", r"dapi[0-9a-f]{16,}"),
    Format("hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{8,}"),
    Format("age-secret-key-", r"AGE-SECRET-KEY-1[0-9A-Z]{8,}"),
    Format("nrak-", r"NRAK-[A-Z0-9]{16,}"),
    Format("sntrys_ sntryu_", r"sntry[su]_[\w+/=-]{16,}"),
    Format(
        "lin_api_ ntn_ figd_ pmak- dckr_pat_ bkua_ rubygems_ glsa_ glc_ sbp_ pscale_tkn_ "
        "pscale_pw_ hrku- atatt0 atbb tfp_ sgp_ sq0atp- sq0csp- cfpat- pul-",
        r"(?:lin_api_|ntn_|figd_|PMAK-|dckr_pat_|bkua_|rubygems_|glsa_|glc_|sbp_|pscale_tkn_"
        r"|pscale_pw_|HRKU-|ATATT3|ATBB|tfp_|sgp_|sq0atp-|sq0csp-|CFPAT-|pul-)[\w.=-]{12,}",
    ),
    Format("dp.pt. dp.st. dp.sa.", r"dp\.(?:pt|st|sa)\.[\w.-]{16,}"),
    Format("$0a$00$ $0b$00$ $0y$00$", r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"),
    Format("$argon0", r"\$argon2(?:id|i|d)\$[\w=,$+/.-]{16,}"),
    Format("pbkdf0_sha", r"pbkdf2_sha\d{1,3}\$\d{1,8}\$[\w./+=$-]{16,}"),
    Format(":$0$", r"\$[1567y]\$[\w./=,$-]{16,}"),
    Format("bearer", r"(?i:bearer)(?:[ \t:]|%20|\\[nt])+[\w.~+/%-]{8,}=*"),
    Format("digest username", r"(?i:digest)[ \t]+username=[^\r\n]{8,}"),
    Format("basic", r"(?i:basic)(?:[ \t]|%20|\\[nt])+[\w+/%-]{8,}=*"),
)
_WITHIN: Final = frozenset({"0q~", "0:aa", "-us0", ":$0$"})
_TWILIO: Final = ["".join(made) for made in product(("sk", "ac"), "0abcdef", "0abcdef")]
_DISCORD: Final = ["".join(made) for made in product("mno", "dtjz", "aeimquyckg", "wxyz0", "mno")]
"""A bot's token begins with the base64 of a number, of which three digits make four."""

_DIGIT: Final = re.compile(rb"[0-9]")
_CHECKED_FOR_DIGIT: Final = (
    b"sk-",
    b"pypi-",
    b"xai-",
    b"pplx-",
    b"gsk_",
    b"nvapi-",
    b"tvly-",
    b"pul-",
)
_SCHEME: Final = re.compile(
    rb"(?i)(?:bearer|basic|bot|token|negotiate|apikey|api-key|key|jwt|genie-?key)"
    rb"(?:[ \t:]|%20|\\[nt])+"
)


def needles() -> dict[bytes, bool]:
    """
    What to look for.

    Returns:
        Texts, in lower case with every digit a 0, one of which stands in all that `find` finds;
        and whether it does so at the beginning, where a word begins.
    """
    found: dict[bytes, bool] = {}
    for known in _FORMATS:
        for needle in known.needles.split():
            begins = needle not in _WITHIN
            found |= {needle.encode(): begins, needle.replace("/", r"\/").encode(): begins}
    return found


def capital_needles() -> set[bytes]:
    """More texts of the kind, which must begin with a capital letter."""
    return {needle.encode() for needle in (*_TWILIO, *_DISCORD)}


def may_hold(json: bytes) -> bool:
    r"""Whether text, or JSON whose escapes aren't undone, may hold what `find` finds."""
    return _loose().search(json) is not None


def find(text: bytes) -> Iterator[tuple[int, int]]:
    """
    Find secrets by their looks.

    Args:
        text: With its escapes undone.

    Yields:
        Where each starts and ends; of `Bearer x` that is `x`.
    """
    for found in _strict().finditer(text):
        start, end = found.span()
        accepted = _accepted(text[start:end])
        if accepted:
            yield start + accepted[0], start + accepted[1]


def scheme_length(value: bytes) -> int:
    """How long the `Bearer ` is with which credentials begin; 0 where there is none."""
    found = _SCHEME.match(value)
    return found.end() if found and found.end() < len(value) else 0


def _accepted(found: bytes) -> tuple[int, int] | None:
    whole = (0, len(found))
    if found.startswith(b"eyJ"):
        end = len(found.rstrip(b".-"))
        return (0, len(found)) if b"." in found[:end] else None
    if found.startswith(_CHECKED_FOR_DIGIT):
        return whole if _DIGIT.search(found) else None
    scheme = scheme_length(found)
    if not scheme:
        return whole
    credentials = found[scheme:]
    if found[:1] in b"bB" and found[1:2] in b"aA" and not _is_basic(credentials):
        return None
    return (scheme, len(found)) if looks_random(credentials, 8) else None


def _is_basic(credentials: bytes) -> bool:
    digits = credentials.rstrip(b"=").replace(b"%3D", b"").replace(b"%3d", b"")
    try:
        said = base64.b64decode(digits[: len(digits) // 4 * 4] + b"", altchars=b"-_")
    except binascii.Error:
        return False
    return b":" in said or not said.isascii() or not said.isalpha()


_WORDLIKE: Final = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+")
_UUID: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RANDOM: Final = re.compile(rb"[\w.~+/=%:-]+")
_CHOSEN: Final = (re.compile(rb"[A-Za-z]"), _DIGIT, re.compile(rb"[!#$%^&*+?~]"))
_SHORTEST_CHOSEN: Final = 6


def looks_random(value: bytes, shortest: int = 16) -> bool:
    """
    Whether a value looks as if a machine had drawn it.

    Args:
        value: One word.
        shortest: Nothing shorter does.
    """
    if len(value) < shortest or not _RANDOM.fullmatch(value) or _UUID.fullmatch(value):
        return False
    letters = sum(map(len, _WORDLIKE.findall(value)))
    has_digit = _DIGIT.search(value) is not None
    if not letters:
        return False
    mixed = value != value.lower() and value != value.upper()
    return has_digit or (mixed and len(_WORDLIKE.findall(value)) > len(value) / 5)


def looks_chosen(value: bytes) -> bool:
    """
    Whether a value looks as if a person had chosen it for a password: letters, digits and a sign.

    Args:
        value: One word.
    """
    return len(value) >= _SHORTEST_CHOSEN and all(part.search(value) for part in _CHOSEN)


@cache
def _strict() -> Any:
    return _compiled(
        lambda known: known.pattern if known.pattern[0] == "\\" else rf"\b{known.pattern}"
    )


@cache
def _loose() -> Any:
    return _compiled(lambda known: known.pattern)


def _compiled(write: Callable[[Format], str]) -> Any:
    # Only a payload that may hold a secret pays for RE2's import.
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - and has no stubs

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    options.never_capture = True
    options.log_errors = False
    return re2.compile("|".join(map(write, _FORMATS)).encode("latin-1"), options)
