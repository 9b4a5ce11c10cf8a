"""
A corpus of secrets in many places, and of harmless texts that look like them.

Everything is drawn with a fixed seed, and prefixes are put together from parts, so that no line
here is what a scanner of repositories takes for a credential.
"""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import quote, quote_plus

_UPPER: Final = string.ascii_uppercase
_DIGITS: Final = string.digits
_ALNUM: Final = string.ascii_letters + _DIGITS
_HEX: Final = "0123456789abcdef"
_URL64: Final = _ALNUM + "-_"
_BASE64: Final = _ALNUM + "+/"


class Secret(NamedTuple):
    """A secret somewhere in a payload."""

    where: str
    """What kind, and in what place."""
    json: bytes
    """The payload."""
    parts: tuple[str, ...]
    """The texts that must not be left, nor any 8 characters of one (all of a shorter one)."""


Draw = Callable[[Random], tuple[str, tuple[str, ...]]]
"""Makes a secret, and the parts of it that are random."""


def _of(*parts: str | tuple[str, int]) -> Draw:
    """Literal texts and (alphabet, length) draws in a row."""

    def draw(rng: Random) -> tuple[str, tuple[str, ...]]:
        made = [p if isinstance(p, str) else "".join(rng.choices(p[0], k=p[1])) for p in parts]
        drawn = [text for text, p in zip(made, parts, strict=True) if isinstance(p, tuple)]
        return "".join(made), tuple(text for text in drawn if len(text) >= 8)

    return draw


def _jwt(rng: Random) -> tuple[str, tuple[str, ...]]:
    def segment(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    subject = "".join(rng.choices(_ALNUM, k=20))
    signature = "".join(rng.choices(_URL64, k=43))
    claims = segment({"sub": subject, "exp": 1790000000})
    return f"{segment({'alg': 'HS256', 'typ': 'JWT'})}.{claims}.{signature}", (claims, signature)


def _card(prefix: str, length: int) -> Draw:
    def draw(rng: Random) -> tuple[str, tuple[str, ...]]:
        digits = prefix + "".join(rng.choices(_DIGITS, k=length - 1 - len(prefix)))
        number = digits + luhn_digit(digits)
        return number, (number,)

    return draw


def luhn_digit(digits: str) -> str:
    """The check digit that makes a number pass."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _discord(rng: Random) -> tuple[str, tuple[str, ...]]:
    user = base64.b64encode(str(rng.randrange(10**17, 10**18)).encode()).decode().rstrip("=")
    rest = "".join(rng.choices(_URL64, k=27))
    return f"{user}.{''.join(rng.choices(_ALNUM, k=6))}.{rest}", (rest,)


FORMATS: Final[dict[str, Draw]] = {
    "AWS key id": _of("AK" + "IA", (_UPPER + "234567", 16)),
    "AWS session key id": _of("AS" + "IA", (_UPPER + "234567", 16)),
    "GitHub personal": _of("gh" + "p_", (_ALNUM, 36)),
    "GitHub OAuth": _of("gh" + "o_", (_ALNUM, 36)),
    "GitHub user": _of("gh" + "u_", (_ALNUM, 36)),
    "GitHub server": _of("gh" + "s_", (_ALNUM, 36)),
    "GitHub refresh": _of("gh" + "r_", (_ALNUM, 36)),
    "GitHub fine-grained": _of("github" + "_pat_", (_ALNUM, 22), "_", (_ALNUM, 59)),
    "GitLab": _of("gl" + "pat-", (_URL64, 20)),
    "Slack bot": _of("xo" + "xb-", (_DIGITS, 12), "-", (_DIGITS, 12), "-", (_ALNUM, 24)),
    "Slack user": _of("xo" + "xp-", (_DIGITS, 12), "-", (_DIGITS, 12), "-", (_HEX, 32)),
    "Slack app": _of("xa" + "pp-1-A", (_UPPER, 10), "-", (_DIGITS, 13), "-", (_HEX, 64)),
    "Slack webhook": _of(
        "https://hooks." + "slack.com/services/T", (_UPPER, 8), "/B", (_UPPER, 8), "/", (_ALNUM, 24)
    ),
    "Discord webhook": _of(
        "https://discord." + "com/api/webhooks/", (_DIGITS, 18), "/", (_URL64, 68)
    ),
    "Discord bot": _discord,
    "Stripe secret": _of("sk" + "_live_", (_ALNUM, 24)),
    "Stripe restricted": _of("rk" + "_live_", (_ALNUM, 24)),
    "Stripe webhook": _of("wh" + "sec_", (_ALNUM, 32)),
    "OpenAI": _of("sk" + "-", (_ALNUM, 20), "T3Blbk" + "FJ", (_ALNUM, 20)),
    "OpenAI project": _of("sk" + "-proj-", (_URL64, 74), "7"),
    "Anthropic": _of("sk" + "-ant-api03-", (_URL64, 93), "AA"),
    "Groq": _of("gs" + "k_", (_ALNUM, 52)),
    "Google API": _of("AI" + "za", (_URL64, 35)),
    "Google OAuth": _of("ya" + "29.", (_URL64, 60)),
    "SendGrid": _of("S" + "G.", (_URL64, 22), ".", (_URL64, 43)),
    "Twilio key": _of("S" + "K", (_HEX, 32)),
    "Twilio pair": _of("A" + "C", (_HEX, 32), ":", (_HEX, 32)),
    "npm": _of("np" + "m_", (_ALNUM, 36)),
    "PyPI": _of("py" + "pi-AgEIcHlwaS5vcmc", (_URL64, 60)),
    "Hugging Face": _of("h" + "f_", (string.ascii_letters, 34)),
    "DigitalOcean": _of("do" + "p_v1_", (_HEX, 64)),
    "Telegram": _of((_DIGITS, 9), ":A" + "A", (_URL64, 33)),
    "JWT": _jwt,
    "Mailgun": _of("ke" + "y-", (_HEX, 32)),
    "Mailchimp": _of((_HEX, 32), "-us" + "14"),
    "Shopify": _of("shp" + "at_", (_HEX, 32)),
    "Databricks": _of("da" + "pi", (_HEX, 32)),
    "Vault": _of("hv" + "s.", (_URL64, 24)),
    "age": _of("AGE-SECRET" + "-KEY-1", ("023456789ACDEFGHJKLMNPQRSTUVWXYZ", 58)),
    "Google client": _of("GOC" + "SPX-", (_URL64, 28)),
    "New Relic": _of("NR" + "AK-", (_UPPER + _DIGITS, 27)),
    "Linear": _of("lin" + "_api_", (_ALNUM, 40)),
    "Grafana": _of("gl" + "sa_", (_ALNUM, 32), "_", (_HEX, 8)),
    "Docker": _of("dckr" + "_pat_", (_URL64, 27)),
    "Azure client": _of((_ALNUM, 3), "8Q" + "~", (_ALNUM + "_~.-", 34)),
    "Visa": _card("4", 16),
    "Mastercard": _card("53", 16),
    "American Express": _card("37", 15),
    "Discover": _card("6011", 16),
}
"""Secrets that are known by their looks alone."""

TEMPLATES: Final[dict[str, Callable[[str], Any]]] = {
    "a value": lambda s: {"note": s, "n": 1},
    "a list": lambda s: ["first", s, None],
    "a sentence": lambda s: {"message": f"The call with {s} was refused (401)."},
    "non-ASCII text": lambda s: {"сообщение": f"Ошибка: ключ «{s}» отклонён — 無効"},
    "JSON in text": lambda s: {"body": json.dumps({"data": {"x": s}})},
    "JSON in JSON in text": lambda s: {"log": json.dumps({"b": json.dumps({"x": [s]})})},
    "a key": lambda s: {"limits": {s: 10}},
    "a URL's path": lambda s: {"url": f"https://api.example.com/v1/{s}/items?page=2"},
    "a stack": lambda s: {
        "stack": f'Traceback (most recent call last):\n  File "a.py", line 3, in call\n'
        f"    client({s!r})\nValueError: refused {s}\n"
    },
    "cut JSON": lambda s: {"body": json.dumps({"items": [1, 2], "x": s})[:-2]},
    "a Python repr": lambda s: {"args": repr({"x": s, "n": [1]})},
    "CSV": lambda s: {"csv": f"id,value,n\n7,{s},3\n"},
}
"""Places in which a secret can only be told by its looks."""

NAMES: Final = ["password", "passwd", "pwd", "PASSWORD", "Password", "dbPassword", "db_password", "DB_PASSWORD", "db-password", "db.password", "userPassword", "password2", "new_password", "oldPassword", "passphrase", "secret", "client_secret", "clientSecret", "CLIENT_SECRET", "app-secret", "webhookSecret", "token", "access_token", "accessToken", "refreshToken", "id_token", "x-amz-security-token", "sessionToken", "csrfToken", "bearerToken", "api_key", "apiKey", "APIKey", "API_KEY", "api-key", "X-Api-Key", "apikey", "stripe_secret_key", "stripeSecretKey", "privateKey", "private_key", "ssh_private_key", "encryptionKey", "signing_key", "aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "Authorization", "authorization", "Proxy-Authorization", "cookie", "Cookie", "Set-Cookie", "credentials", "connectionString", "connection_string", "AccountKey", "SharedAccessKey", "otp", "cvv", "card_number", "cardNumber", "ssn", "sshpass", "smtppass", "authToken", "auth_token", "consumer_secret", "masterKey", "service_key", "verification_code", "recoveryCode", "password_hash", "hmacKey", "Пароль", "密码"]
"""Names whose values are secret, whatever they look like."""

_PLACES_OF_NAMES: Final[dict[str, Callable[[str, str], Any]]] = {
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
_TEXT_PLACES_OF_NAMES: Final[dict[str, Callable[[str, str], str]]] = {
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
}


def _named(rng: Random) -> str:
    return "".join(rng.choices(_ALNUM, k=rng.choice((10, 14, 20, 32)))) + rng.choice(_DIGITS)


def secrets() -> Iterator[Secret]:
    """Every secret in every place that suits it."""
    rng = Random("secrets")
    for kind, draw in FORMATS.items():
        for place, template in TEMPLATES.items():
            value, parts = draw(rng)
            yield Secret(f"{kind} in {place}", _json(rng, template(value)), parts)
    for name in NAMES:
        for place, make in _PLACES_OF_NAMES.items():
            value = _named(rng)
            yield Secret(f"{name}, {place}", _json(rng, make(name, value)), (value,))
        for place, write in _TEXT_PLACES_OF_NAMES.items():
            value = _named(rng)
            yield Secret(
                f"{name}, {place}", _json(rng, {"t": write(name, _as_value(name, value))}), (value,)
            )
    yield from _particular(rng)


def _as_value(name: str, value: str) -> str:
    return f"sid={value}" if "cookie" in name.lower() else value


def _json(rng: Random, value: object) -> bytes:
    """As one of the encoders that are about writes it."""
    style = rng.randrange(4)
    if style == 0:
        return json.dumps(value).encode()
    if style == 1:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    if style == 2:
        return json.dumps(value, indent=2, ensure_ascii=False).encode()
    return json.dumps(value, separators=(",", ":")).replace("/", r"\/").encode()


def _particular(rng: Random) -> Iterator[Secret]:
    def word(length: int = 20, alphabet: str = _ALNUM) -> str:
        return "".join(rng.choices(alphabet, k=length - 1)) + "7"

    def case(where: str, value: object, *parts: str) -> Secret:
        return Secret(where, _json(rng, value), parts)

    for scheme in (
        "postgres",
        "postgresql+asyncpg",
        "mysql",
        "mongodb+srv",
        "redis",
        "amqp",
        "https",
    ):
        s = word()
        yield case(f"{scheme} URL", {"url": f"{scheme}://bob:{s}@db.example.com:5432/app"}, s)
        s = word(12) + "/" + word(12)
        yield case(f"{scheme} URL, slash", {"m": f"can't reach {scheme}://bob:{s}@db/app now"}, s)
        s = word(12) + "@" + word(12)
        yield case(f"{scheme} URL, at", {"m": f"<{scheme}://bob:{s}@db/app>"}, s)
        s = word()
        yield case(f"{scheme} URL, no user", {"m": f"url={scheme}://:{s}@db/0"}, s)
        s = word()
        inner = quote(f"{scheme}://bob:{s}@db/app", safe="")
        yield case(f"{scheme} URL in a URL", {"u": f"https://a.example/open?to={inner}&x=1"}, s)
    s = word(40)
    yield case("token as user", {"remote": f"https://{s}@git.example.com/a/b.git"}, s)
    s = word(40)
    yield case(
        "token as user, empty password", {"r": f"https://{s}:x-oauth-basic@git.example.com"}, s
    )

    for scheme in ("Bearer", "bearer", "Token", "Bot", "ApiKey", "Negotiate"):
        s = word(32)
        yield case(f"header {scheme}", {"headers": {"Authorization": f"{scheme} {s}"}}, s)
        s = word(32)
        yield case(f"header line {scheme}", {"m": f"sent Authorization: {scheme} {s} to a"}, s)
        s = word(32)
        yield case(f"header pair {scheme}", {"headers": [["authorization", f"{scheme} {s}"]]}, s)
        s = word(32)
        yield case(f"header repr {scheme}", {"m": f"[(b'authorization', b'{scheme} {s}')]"}, s)
        s = word(32)
        yield case(f"header in curl {scheme}", {"c": f'curl -H "Authorization: {scheme} {s}" x'}, s)
        s = word(32)
        yield case(f"header cut {scheme}", {"m": f'{{"headers":{{"Authorization":"{scheme} {s}'}, s)
    for text in ("used Bearer {}", "Bearer {} is expired", "got bearer {}.", "x=Bearer%20{}"):
        s = word(30)
        yield case("bearer in text", {"m": text.format(s)}, s)
    for text in ("Basic {}", "tried Basic {} twice", "-H 'Authorization: Basic {}'"):
        s = base64.b64encode(f"bob:{word()}".encode()).decode()
        yield case("basic in text", {"m": text.format(s)}, s)
    s = word(32, _HEX)
    digest = f'Digest username="bob", realm="a", nonce="{word()}", response="{s}"'
    yield case("digest", {"headers": {"Authorization": digest}}, s)
    yield case("digest in text", {"m": f"Authorization: {digest}\nHost: a"}, s)
    s = word(64, _HEX)
    sigv4 = f"AWS4-HMAC-SHA256 Credential={word()}/20261122/eu/s3/aws4_request, Signature={s}"
    yield case("sigv4", {"m": f"Authorization: {sigv4}"}, s)

    for text in (
        "Server=db;Database=a;User Id=bob;Password={};Encrypt=true",
        "Server=db;Uid=bob;Pwd={}",
        "host=db user=bob password={} sslmode=require",
        "jdbc:postgresql://db/app?user=bob&password={}&ssl=true",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=core",
        "Endpoint=sb://a/;SharedAccessKeyName=root;SharedAccessKey={}",
    ):
        s = word(44, _ALNUM)
        yield case("connection string", {"cs": text.format(s)}, s)
        s = word(44, _ALNUM)
        yield case("connection string in an error", {"m": f"cannot connect ({text.format(s)})"}, s)
    for query in ("sig", "X-Amz-Signature", "X-Goog-Signature", "access_token", "key", "code"):
        s = word(44)
        yield case(f"query {query}", {"u": f"https://a.example/b?se=2026&{query}={s}&sp=r"}, s)
        s = word(44)
        yield case(f"query {query}, last", {"m": f"GET /b?{query}={s} failed"}, s)

    for label in ("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ", "DSA "):
        lines = [word(64, _BASE64) for _ in range(6)]
        begin = f"-----BEGIN {label}PRIVATE" + " KEY-----"
        whole = "\n".join([begin, *lines, f"-----END {label}PRIVATE" + " KEY-----"])
        yield case(f"PEM {label}", {"file": whole}, *lines)
        yield case(f"PEM {label}cut", {"file": f"key is:\n{whole[:300]}"}, *lines[:2])
        yield case(f"PEM {label}in JSON in text", {"f": json.dumps({"x": whole})}, *lines)
        yield case(f"PEM {label}cut in JSON", {"f": json.dumps({"x": whole})[:300]}, *lines[:2])
        yield case(f"PEM {label}in repr", {"m": f"load({whole!r})"}, *lines)

    for text in (
        "the password is {}",
        "Your password is: {}",
        "wrong password '{}' for bob",
        'password "{}" rejected',
        "ALTER USER bob WITH PASSWORD '{}'",
        "mysqldump --password={} app",
        "tool --token {} run",
        "tool --api-key={}",
        "curl -u bob:{} https://a.example",
        "<password>{}</password>",
        '<add key="x" password="{}"/>',
        "machine a login bob password {}",
        "API key: {}",
        "Client Secret: {}",
        "api key {} is not allowed",
        "Пароль: {}",
        "密码：{}",
        "Passwort: {}",
        "contraseña: {}",
        "user[password]={}&user[name]=b",
        "user%5Bpassword%5D={}&x=1",
        "next=%2Fcb%3Ftoken%3D{}%26x%3D1",
        "state=%7B%22token%22%3A%22{}%22%7D",
        "Config(user='bob', password='{}', port=1)",
        "Config(api_key=SecretStr('{}'))",
        "password: str = '{}'",
        "const apiKey = `{}`;",
        "os.environ['DB_PASSWORD'] = '{}'",
        "export STRIPE_API_KEY={}",
        "Set-Cookie: sid={}; Path=/; HttpOnly",
        "cookies={{'sid': '{}'}}",
        "Cookie: a=1; sid={}",
    ):
        s = word(18)
        yield case(f"text `{text}`", {"m": text.format(s)}, s)
        s = word(18)
        yield case(f"stack `{text}`", {"s": f"Traceback:\n  x\nError: {text.format(s)}\nend"}, s)

    for head in ("X-Api-Key", "Cookie", "set-cookie", "X-Auth-Token", "Proxy-Authorization"):
        s = word()
        yield case(f"flat header list {head}", {"raw": ["Host", "a", head, s, "Accept", "*/*"]}, s)
        s = word()
        yield case(f"two {head}", [head, s], s)
        s = word()
        yield case(f"OTLP {head}", [{"key": f"http.{head}", "value": {"stringValue": s}}], s)
        s = word()
        yield case(f"repr pairs {head}", {"m": f"headers=[('{head}', '{s}'), ('a', 'b')]"}, s)
        s = word()
        yield case(f"list of {head}", {head: [s, "x"]}, s)
    for argv in (["--password", "{}"], ["tool", "--token", "{}", "go"], ["t", "--api-key={}"]):
        s = word()
        yield case("command line", {"argv": [item.format(s) for item in argv]}, s)
    for number, group in (("4", 4), ("37", 6), ("53", 4), ("6011", 4)):
        for joint in (" ", "-", "\u00a0"):
            card, _ = _card(number, 15 if group == 6 else 16)(rng)
            sizes = (4, 6, 5) if group == 6 else (4, 4, 4, 4)
            cuts = [card[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes))]
            yield case(
                "card in groups", {"m": f"charged {joint.join(cuts)} 12/27"}, joint.join(cuts)
            )
        card, _ = _card(number, 15 if group == 6 else 16)(rng)
        yield Secret("card as number", f'{{"n":{card},"m":1}}'.encode(), (card,))
    for name in ("p\\u0061ssword", "\\u0074oken", "api\\u005fkey", "\\u0041uthorization"):
        s = word()
        yield Secret("escaped name", f'{{"{name}":"{s}"}}'.encode(), (s,))
        s = word()
        twice = name.replace("\\", "\\\\")
        yield Secret(
            "escaped name in text", f'{{"b":"{{\\"{twice}\\":\\"{s}\\"}}"}}'.encode(), (s,)
        )
    for _ in range(4):
        s, parts = FORMATS["GitHub personal"](rng)
        hidden = "".join(f"\\u{ord(c):04x}" if c in "ghp_" else c for c in s)
        yield Secret("escaped value", f'{{"x":"{hidden}"}}'.encode(), (*parts, hidden[-8:]))


KNOWN: Final = tuple(
    "".join(Random(f"known {n}").choices(_ALNUM + '!$&/=?+ é"\\%', k=24)) for n in range(6)
)
"""Secrets that nothing but their being known gives away."""


def encodings(secret: str) -> dict[str, str]:
    """A secret in the encodings in which it is looked for."""
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
