r"""
A corpus of secrets and of harmless texts that were written before the rules were read.

Each line of `templates/secrets.txt` is a text, or JSON, in which `<<…>>` marks a secret and `@h40@`
stands for random characters, so that no line of the repository is a token. `\n`, `\r` and `\t`
stand for these characters in texts. Each line of `templates/harmless.txt` holds no secret.
"""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

from support.harmless import Harmless
from support.secrets import Secret

_TEMPLATES: Final = Path(__file__).with_name("templates")
_ALPHABETS: Final = {
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "a": string.ascii_letters + string.digits,
    "A": string.ascii_letters,
    "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "U": string.ascii_uppercase + "234567",
    "B": string.ascii_uppercase + "234567",
    "b": string.ascii_letters + string.digits + "+/",
    "s": string.ascii_letters + string.digits + "-_",
    "c": string.ascii_letters + string.digits + "./",
    "d": string.digits,
}
_WORDS: Final = """
abandon ability absent acid across actor adapt airport album angle apple arena basket beach blue
bridge cabin candy dolphin engine forest guitar hockey island jungle kitten lemon magnet noodle
ocean planet quantum river silver tiger umbrella velvet window yellow zebra
"""
_KIND: Final = re.compile(
    r"@(pw(?:sh|long|url|enc)?|words12|uuid|jwt|pem(?:b64)?|basic|card(?:dots|spaces)?|amex|ssn"
    r"|[hHaAlubsdBUc][0-9]+)@"
)
_SECRET: Final = re.compile(r"<<((?:(?!<<).)*?@(?:(?!<<).)*?)>>", re.DOTALL)
_ESCAPES: Final = {"\\\\": "\\", "\\n": "\n", "\\t": "\t", "\\r": "\r"}
_ESCAPE: Final = re.compile(r"\\[\\ntr]")


class _Maker:
    """Draws what stands for the kinds of one template."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def fill(self, text: str) -> str:
        return _KIND.sub(lambda found: self._draw(found[1]), text)

    def _draw(self, kind: str) -> str:
        if kind[1:].isdigit():
            return self._random(kind[0], int(kind[1:]))
        make = getattr(self, "_draw_" + kind)
        drawn: str = make()
        return drawn

    def _random(self, alphabet: str, length: int) -> str:
        return "".join(self._rng.choices(_ALPHABETS[alphabet], k=length))

    def _word(self) -> str:
        return self._rng.choice(_WORDS.split())

    def _number(self) -> str:
        return str(self._rng.randrange(10, 999))

    def _draw_pw(self) -> str:
        sign = self._rng.choice("!#$%*?^")
        return self._word().capitalize() + self._number() + sign + self._word()[:3]

    def _draw_pwsh(self) -> str:
        sign = self._rng.choice("-_.+")
        return self._word().capitalize() + sign + self._word() + self._number()

    def _draw_pwlong(self) -> str:
        return self._word() + self._word().capitalize() + self._number() + self._random("a", 4)

    def _draw_pwurl(self) -> str:
        sign = self._rng.choice(["%21", "%23", "-", "_"])
        return self._random("a", 6) + sign + self._random("a", 8)

    def _draw_pwenc(self) -> str:
        return self._word().capitalize() + self._number() + "%21" + self._word()

    def _draw_words12(self) -> str:
        return " ".join(self._rng.sample(_WORDS.split(), 12))

    def _draw_uuid(self) -> str:
        digits = self._random("h", 32)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _draw_jwt(self) -> str:
        parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": self._random("h", 8), "iat": 1}]
        written = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
        return ".".join([*(part.rstrip("=") for part in written), self._random("s", 43)])

    def _draw_pem(self) -> str:
        return "MII" + "\n".join(self._random("b", 64) for _ in range(4))

    def _draw_pemb64(self) -> str:
        kind = "PRIVATE KEY-----\n"
        lines = f"MII{self._random('b', 61)}\n{self._random('b', 64)}\n"
        return base64.b64encode(f"-----BEGIN {kind}{lines}-----END {kind}".encode()).decode()

    def _draw_basic(self) -> str:
        return base64.b64encode(f"jan:{self._draw_pwsh()}".encode()).decode()

    def _draw_card(self, beginning: str = "4", length: int = 16) -> str:
        digits = beginning + self._random("d", length - len(beginning) - 1)
        total = sum(
            number if at % 2 else number * 2 - 9 * (number > 4)
            for at, number in enumerate(map(int, reversed(digits)))
        )
        return digits + str(-total % 10)

    def _draw_amex(self) -> str:
        return self._draw_card("37", 15)

    def _draw_carddots(self) -> str:
        return ".".join(re.findall("....", self._draw_card("51")))

    def _draw_cardspaces(self) -> str:
        return " ".join(re.findall("....", self._draw_card("51")))

    def _draw_ssn(self) -> str:
        return f"{self._rng.randrange(100, 600)}-{self._random('d', 2)}-{self._random('d', 4)}"


def template_secrets() -> Iterator[Secret]:
    """
    List the secrets of the templates.

    Yields:
        A payload with its secret parts; `where` is the template.
    """
    for line in _lines("secrets"):
        value, parts = _expand(line)
        yield Secret(line, json.dumps(value, ensure_ascii=False).encode(), tuple(parts))


def template_harmless() -> Iterator[Harmless]:
    """
    List the harmless values of the templates.

    Yields:
        A payload; `what` is the template.
    """
    for line in _lines("harmless"):
        yield Harmless(line, json.dumps(_expand(line)[0], ensure_ascii=False).encode())


def _lines(name: str) -> list[str]:
    text = (_TEMPLATES / f"{name}.txt").read_text("utf-8")
    return [line for line in text.split("\n") if line]


def _expand(line: str) -> tuple[Any, list[str]]:
    """Return the value of a template, and its secrets."""
    make, parts = _Maker(Random(line)), []

    def mark(found: re.Match[str]) -> str:
        secret = make.fill(found[1])
        parts.extend(secret.split("\n"))
        return secret

    is_json = _is_json(line)
    text = line if is_json else _ESCAPE.sub(lambda found: _ESCAPES[found[0]], line)
    written = make.fill(_SECRET.sub(mark, text))
    return json.loads(written) if is_json else {"text": written}, parts


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return line[0] in "{["
