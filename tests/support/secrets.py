"""
A corpus of secrets in many places.

All values are drawn with a fixed seed. Prefixes are joined from parts, because otherwise a
repository scanner would take a line of this file for a credential.
"""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import quote, quote_plus

_UPPER: Final = string.ascii_uppercase
_DIGITS: Final = string.digits
ALNUM: Final = string.ascii_letters + _DIGITS
HEX: Final = "0123456789abcdef"
_URL64: Final = ALNUM + "-_"
BASE64: Final = ALNUM + "+/"


class Secret(NamedTuple):
    """A secret somewhere in a payload."""

    where: str
    """The kind of the secret and its place."""
    json: bytes
    """The payload."""
    parts: tuple[str, ...]
    """
    The texts that must be removed.

    No 8 characters of a text may be left, and no shorter text whole.
    """


Draw = Callable[[Random], tuple[str, tuple[str, ...]]]
"""Makes a secret, and its random parts."""


def _of(*parts: str | tuple[str, int]) -> Draw:
    """Join literal texts and draws of (alphabet, length)."""

    def draw(rng: Random) -> tuple[str, tuple[str, ...]]:
        made = [p if isinstance(p, str) else "".join(rng.choices(p[0], k=p[1])) for p in parts]
        drawn = [text for text, p in zip(made, parts, strict=True) if isinstance(p, tuple)]
        return "".join(made), tuple(text for text in drawn if len(text) >= 8)

    return draw


def _jwt(rng: Random) -> tuple[str, tuple[str, ...]]:
    def segment(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    subject = "".join(rng.choices(ALNUM, k=20))
    signature = "".join(rng.choices(_URL64, k=43))
    claims = segment({"sub": subject, "exp": 1790000000})
    return f"{segment({'alg': 'HS256', 'typ': 'JWT'})}.{claims}.{signature}", (claims, signature)


def card_number(prefix: str, length: int) -> Draw:
    """
    Make a card number of an issuer, with its check digit.

    Args:
        prefix: The issuer's first digits.
        length: The number of digits.

    Returns:
        The draw of a number.
    """

    def draw(rng: Random) -> tuple[str, tuple[str, ...]]:
        digits = prefix + "".join(rng.choices(_DIGITS, k=length - 1 - len(prefix)))
        number = digits + luhn_digit(digits)
        return number, (number,)

    return draw


def luhn_digit(digits: str) -> str:
    """
    Compute the check digit that makes a number valid.

    Args:
        digits: The number without its check digit.

    Returns:
        The check digit.
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _discord(rng: Random) -> tuple[str, tuple[str, ...]]:
    user = base64.b64encode(str(rng.randrange(10**17, 10**18)).encode()).decode().rstrip("=")
    rest = "".join(rng.choices(_URL64, k=27))
    return f"{user}.{''.join(rng.choices(ALNUM, k=6))}.{rest}", (rest,)


FORMATS: Final[dict[str, Draw]] = {
    "AWS key id": _of("AK" + "IA", (_UPPER + "234567", 16)),
    "AWS session key id": _of("AS" + "IA", (_UPPER + "234567", 16)),
    "GitHub personal": _of("gh" + "p_", (ALNUM, 36)),
    "GitHub OAuth": _of("gh" + "o_", (ALNUM, 36)),
    "GitHub user": _of("gh" + "u_", (ALNUM, 36)),
    "GitHub server": _of("gh" + "s_", (ALNUM, 36)),
    "GitHub refresh": _of("gh" + "r_", (ALNUM, 36)),
    "GitHub fine-grained": _of("github" + "_pat_", (ALNUM, 22), "_", (ALNUM, 59)),
    "GitLab": _of("gl" + "pat-", (_URL64, 20)),
    "Slack bot": _of("xo" + "xb-", (_DIGITS, 12), "-", (_DIGITS, 12), "-", (ALNUM, 24)),
    "Slack user": _of("xo" + "xp-", (_DIGITS, 12), "-", (_DIGITS, 12), "-", (HEX, 32)),
    "Slack app": _of("xa" + "pp-1-A", (_UPPER, 10), "-", (_DIGITS, 13), "-", (HEX, 64)),
    "Slack webhook": _of(
        "https://hooks." + "slack.com/services/T", (_UPPER, 8), "/B", (_UPPER, 8), "/", (ALNUM, 24)
    ),
    "Discord webhook": _of(
        "https://discord." + "com/api/webhooks/", (_DIGITS, 18), "/", (_URL64, 68)
    ),
    "Discord bot": _discord,
    "Stripe secret": _of("sk" + "_live_", (ALNUM, 24)),
    "Stripe restricted": _of("rk" + "_live_", (ALNUM, 24)),
    "Stripe webhook": _of("wh" + "sec_", (ALNUM, 32)),
    "OpenAI": _of("sk" + "-", (ALNUM, 20), "T3Blbk" + "FJ", (ALNUM, 20)),
    "OpenAI project": _of("sk" + "-proj-", (_URL64, 74), "7"),
    "Anthropic": _of("sk" + "-ant-api03-", (_URL64, 93), "AA"),
    "Groq": _of("gs" + "k_", (ALNUM, 52)),
    "Google API": _of("AI" + "za", (_URL64, 35)),
    "Google OAuth": _of("ya" + "29.", (_URL64, 60)),
    "SendGrid": _of("S" + "G.", (_URL64, 22), ".", (_URL64, 43)),
    "Twilio key": _of("S" + "K", (HEX, 32)),
    "Twilio pair": _of("A" + "C", (HEX, 32), ":", (HEX, 32)),
    "npm": _of("np" + "m_", (ALNUM, 36)),
    "PyPI": _of("py" + "pi-AgEIcHlwaS5vcmc", (_URL64, 60)),
    "Hugging Face": _of("h" + "f_", (string.ascii_letters, 34)),
    "DigitalOcean": _of("do" + "p_v1_", (HEX, 64)),
    "Telegram": _of((_DIGITS, 9), ":A" + "A", (_URL64, 33)),
    "JWT": _jwt,
    "Mailgun": _of("ke" + "y-", (HEX, 32)),
    "Mailchimp": _of((HEX, 32), "-us" + "14"),
    "Shopify": _of("shp" + "at_", (HEX, 32)),
    "Databricks": _of("da" + "pi", (HEX, 32)),
    "Vault": _of("hv" + "s.", (_URL64, 24)),
    "age": _of("AGE-SECRET" + "-KEY-1", ("023456789ACDEFGHJKLMNPQRSTUVWXYZ", 58)),
    "Google client": _of("GOC" + "SPX-", (_URL64, 28)),
    "New Relic": _of("NR" + "AK-", (_UPPER + _DIGITS, 27)),
    "Linear": _of("lin" + "_api_", (ALNUM, 40)),
    "Grafana": _of("gl" + "sa_", (ALNUM, 32), "_", (HEX, 8)),
    "Docker": _of("dckr" + "_pat_", (_URL64, 27)),
    "Azure client": _of((ALNUM, 3), "8Q" + "~", (ALNUM + "_~.-", 34)),
    "Visa": card_number("4", 16),
    "Mastercard": card_number("53", 16),
    "American Express": card_number("37", 15),
    "Discover": card_number("6011", 16),
}
"""Secrets that are recognised by their form alone."""

TEMPLATES: Final[dict[str, Callable[[str], Any]]] = {
    "a value": lambda s: {"note": s, "n": 1},
    "a list": lambda s: ["first", s, None],
    "a sentence": lambda s: {"message": f"The call with {s} was refused (401)."},
    "non-ASCII text": lambda s: {"сообщение": f"Ошибка: ключ «{s}» отклонён — 無効"},
    "JSON in text": lambda s: {"body": json.dumps({"data": {"x": s}})},
    "JSON in JSON in text": lambda s: {"log": json.dumps({"b": json.dumps({"x": [s]})})},
    "a key": lambda s: {"limits": {s: 10}},
    "a URL's path": lambda s: {"url": f"https://api.example.com/v1/{s}/items?page=2"},
    "a query": lambda s: {"u": f"https://a.example/?q=say%20{s}&n=1"},
    "a stack": lambda s: {
        "stack": f'Traceback (most recent call last):\n  File "a.py", line 3, in call\n'
        f"    client({s!r})\nValueError: refused {s}\n"
    },
    "cut JSON": lambda s: {"body": json.dumps({"items": [1, 2], "x": s})[:-2]},
    "a Python repr": lambda s: {"args": repr({"x": s, "n": [1]})},
    "CSV": lambda s: {"csv": f"id,value,n\n7,{s},3\n"},
}
"""Places in which a secret is recognised only by its form."""

NAMES: Final = [
    "password",
    "passwd",
    "pwd",
    "PASSWORD",
    "Password",
    "dbPassword",
    "db_password",
    "DB_PASSWORD",
    "db-password",
    "db.password",
    "userPassword",
    "password2",
    "new_password",
    "oldPassword",
    "passphrase",
    "secret",
    "client_secret",
    "clientSecret",
    "CLIENT_SECRET",
    "app-secret",
    "webhookSecret",
    "token",
    "access_token",
    "accessToken",
    "refreshToken",
    "id_token",
    "x-amz-security-token",
    "sessionToken",
    "csrfToken",
    "bearerToken",
    "api_key",
    "apiKey",
    "APIKey",
    "API_KEY",
    "api-key",
    "X-Api-Key",
    "apikey",
    "stripe_secret_key",
    "stripeSecretKey",
    "privateKey",
    "private_key",
    "ssh_private_key",
    "encryptionKey",
    "signing_key",
    "aws_secret_access_key",
    "AWS_SECRET_ACCESS_KEY",
    "Authorization",
    "authorization",
    "Proxy-Authorization",
    "cookie",
    "Cookie",
    "Set-Cookie",
    "credentials",
    "connectionString",
    "connection_string",
    "AccountKey",
    "SharedAccessKey",
    "otp",
    "cvv",
    "card_number",
    "cardNumber",
    "ssn",
    "sshpass",
    "smtppass",
    "authToken",
    "auth_token",
    "consumer_secret",
    "masterKey",
    "service_key",
    "verification_code",
    "recoveryCode",
    "password_hash",
    "hmacKey",
    "Пароль",
    "密码",
]
"""Names whose values are secret in any form."""

PLACES_OF_NAMES: Final[dict[str, Callable[[str, str], Any]]] = {
    "a member": lambda n, s: {"user": "bob", n: s, "n": 1},
    "deep": lambda n, s: {"a": [{"b": {"c": {n: s}}}]},
    "below": lambda n, s: {n: {"current": s, "list": [s, True, None]}},
    "JSON in text": lambda n, s: {"body": json.dumps({"user": "bob", n: s})},
    "JSON twice in text": lambda n, s: {"log": json.dumps(json.dumps({n: s, "x": 1}))},
    "cut JSON": lambda n, s: {"body": json.dumps({"user": "bob", n: s}, ensure_ascii=False)[:-3]},
    "a repr": lambda n, s: {"message": f"bad arguments: { ({'user': 'bob', n: s})!r}"},
    "a name and value": lambda n, s: [{"name": n, "value": s}, {"value": s, "name": n}],
    "a key and value": lambda n, s: {"env": [{"key": n, "value": s}]},
    "pairs": lambda n, s: {"fields": [["user", "bob"], [n, s]]},
}
TEXT_PLACES_OF_NAMES: Final[dict[str, Callable[[str, str], str]]] = {
    "a form": lambda n, s: f"user=bob&{n}={quote_plus(s)}&x=1",
    "a query": lambda n, s: f"GET https://example.com/cb?state=1&{n}={quote(s, safe='')} HTTP/1.1",
    "a log line": lambda n, s: f"2026-11-22 login user=bob {n}={s} result=ok",
    "a line": lambda n, s: f"host: db1\n{n}: {s}\nport: 5432\n",
    "a call in a stack": lambda n, s: (
        f'  File "x.py", line 2\n    connect(user="bob", {n}={s!r})\n'
    ),
    "a header dump": lambda n, s: f"> POST /x HTTP/1.1\r\n> Host: a\r\n> {n}: {s}\r\n> Accept: */*",
    "an environment": lambda n, s: f"PATH=/usr/bin\n{n}={s}\nLANG=C\n",
    "YAML": lambda n, s: f"db:\n  user: bob\n  {n}: '{s}'\n",
    "a multipart form": lambda n, s: (
        f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{s}\r\n--b--\r\n'
    ),
}


def named(rng: Random) -> str:
    """
    Make a value for a name.

    Args:
        rng: The source of random choices.

    Returns:
        The value, which ends with a digit.
    """
    return "".join(rng.choices(ALNUM, k=rng.choice((10, 14, 20, 32)))) + rng.choice(_DIGITS)


def as_value(name: str, value: str) -> str:
    """
    Format a value as text after a name.

    Args:
        name: The name before the value.
        value: The secret value.

    Returns:
        The text.
    """
    return f"sid={value}" if "cookie" in name.lower() else value


def written(rng: Random, value: object) -> bytes:
    """
    Encode a value with a random JSON encoder.

    Args:
        rng: The source of random choices.
        value: The value to encode.

    Returns:
        The JSON.
    """
    style = rng.randrange(4)
    if style == 0:
        return json.dumps(value).encode()
    if style == 1:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    if style == 2:
        return json.dumps(value, indent=2, ensure_ascii=False).encode()
    return json.dumps(value, separators=(",", ":")).replace("/", r"\/").encode()


KNOWN: Final = tuple(
    "".join(Random(f"known {n}").choices(ALNUM + '!$&/=?+ é"\\%', k=24)) for n in range(6)
)
"""Secrets that are recognised only because they are registered."""


def encodings(secret: str) -> dict[str, str]:
    """
    Write a secret in the encodings that the redactor searches.

    Args:
        secret: The secret.

    Returns:
        The encoded secret by the name of the encoding.
    """
    raw = secret.encode()
    made = {
        "raw": secret,
        "URL, all": quote(secret, safe=""),
        "URL, path": quote(secret),
        "URL, form": quote_plus(secret),
        "URL, small letters": re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
        "JSON": json.dumps(secret)[1:-1],
        "JSON, not ASCII": json.dumps(secret, ensure_ascii=False)[1:-1],
        "JSON twice": json.dumps(json.dumps(secret))[3:-3],
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
    }
    for before in range(3):
        padded = b"<>:"[:before] + raw
        made[f"base64 after {before}"] = base64.b64encode(padded + b";tail").decode()
        made[f"base64url after {before}"] = base64.urlsafe_b64encode(padded).decode()
    return made
