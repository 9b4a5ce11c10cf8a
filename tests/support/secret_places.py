"""
The corpus of secrets: each kind in each place that suits the kind.

`support.secrets` holds the kinds, and the places for any kind; this module holds special places.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

from support.secrets import (
    ALNUM,
    BASE64,
    FORMATS,
    HEX,
    NAMES,
    PLACES_OF_NAMES,
    TEMPLATES,
    TEXT_PLACES_OF_NAMES,
    Secret,
    as_value,
    card_number,
    named,
    written,
)


class Maker:
    """Draws secrets and writes payloads around them."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def word(self, length: int = 20, alphabet: str = ALNUM) -> str:
        """
        Draw a secret with at least one digit.

        Args:
            length: The number of characters.
            alphabet: The characters to choose from.

        Returns:
            The secret.
        """
        return "".join(self.rng.choices(alphabet, k=length - 1)) + "7"

    def case(self, where: str, value: object, *parts: str) -> Secret:
        """
        Make a payload with secret parts.

        Args:
            where: The kind of the secret and its place.
            value: The payload's value.
            parts: The secret parts.

        Returns:
            The case.
        """
        return Secret(where, written(self.rng, value), parts)


def secrets() -> Iterator[Secret]:
    """
    List every secret in every suitable place.

    Yields:
        A payload with its secret parts.
    """
    rng = Random("secrets")
    for kind, draw in FORMATS.items():
        for place, template in TEMPLATES.items():
            value, parts = draw(rng)
            yield Secret(f"{kind} in {place}", written(rng, template(value)), parts)
    for name in NAMES:
        for place, put in PLACES_OF_NAMES.items():
            value = named(rng)
            yield Secret(f"{name}, {place}", written(rng, put(name, value)), (value,))
        for place, write in TEXT_PLACES_OF_NAMES.items():
            value = named(rng)
            yield Secret(
                f"{name}, {place}",
                written(rng, {"t": write(name, as_value(name, value))}),
                (value,),
            )
    make = Maker(rng)
    for some in (_urls, _headers, _connections, _blocks, _sentences, _lists, _cards, _escapes):
        yield from some(make)


def _urls(make: Maker) -> Iterator[Secret]:
    """Make passwords and tokens in URLs, including URLs with wrong encoding."""
    for scheme in (
        "postgres",
        "postgresql+asyncpg",
        "mysql",
        "mongodb+srv",
        "redis",
        "amqp",
        "https",
    ):
        s = make.word()
        yield make.case(f"{scheme} URL", {"url": f"{scheme}://bob:{s}@db.example.com:5432/app"}, s)
        s = make.word(12) + "/" + make.word(12)
        yield make.case(
            f"{scheme} URL, slash", {"m": f"can't reach {scheme}://bob:{s}@db/app now"}, s
        )
        s = make.word(12) + "@" + make.word(12)
        yield make.case(f"{scheme} URL, at", {"m": f"<{scheme}://bob:{s}@db/app>"}, s)
        s = make.word()
        yield make.case(f"{scheme} URL, no user", {"m": f"url={scheme}://:{s}@db/0"}, s)
        s = make.word()
        inner = quote(f"{scheme}://bob:{s}@db/app", safe="")
        yield make.case(
            f"{scheme} URL in a URL", {"u": f"https://a.example/open?to={inner}&x=1"}, s
        )
    s = make.word(40)
    yield make.case("token as user", {"remote": f"https://{s}@git.example.com/a/b.git"}, s)
    s = make.word(40)
    yield make.case(
        "token as user, empty password", {"r": f"https://{s}:x-oauth-basic@git.example.com"}, s
    )


def _headers(make: Maker) -> Iterator[Secret]:
    """Make credentials in headers, in lists, lines, reprs and commands."""
    for scheme in ("Bearer", "bearer", "Token", "Bot", "ApiKey", "Negotiate"):
        s = make.word(32)
        yield make.case(f"header {scheme}", {"headers": {"Authorization": f"{scheme} {s}"}}, s)
        s = make.word(32)
        yield make.case(f"header line {scheme}", {"m": f"sent Authorization: {scheme} {s} to a"}, s)
        s = make.word(32)
        yield make.case(
            f"header pair {scheme}", {"headers": [["authorization", f"{scheme} {s}"]]}, s
        )
        s = make.word(32)
        yield make.case(f"header repr {scheme}", {"m": f"[(b'authorization', b'{scheme} {s}')]"}, s)
        s = make.word(32)
        yield make.case(
            f"header in curl {scheme}", {"c": f'curl -H "Authorization: {scheme} {s}" x'}, s
        )
        s = make.word(32)
        yield make.case(
            f"header cut {scheme}", {"m": f'{{"headers":{{"Authorization":"{scheme} {s}'}, s
        )
    for text in ("used Bearer {}", "Bearer {} is expired", "got bearer {}.", "x=Bearer%20{}"):
        s = make.word(30)
        yield make.case("bearer in text", {"m": text.format(s)}, s)
    for text in ("Basic {}", "tried Basic {} twice", "-H 'Authorization: Basic {}'"):
        s = base64.b64encode(f"bob:{make.word()}".encode()).decode()
        yield make.case("basic in text", {"m": text.format(s)}, s)
    s = make.word(32, HEX)
    digest = f'Digest username="bob", realm="a", nonce="{make.word()}", response="{s}"'
    yield make.case("digest", {"headers": {"Authorization": digest}}, s)
    yield make.case("digest in text", {"m": f"Authorization: {digest}\nHost: a"}, s)
    s = make.word(64, HEX)
    sigv4 = f"AWS4-HMAC-SHA256 Credential={make.word()}/20261122/eu/s3/aws4_request, Signature={s}"
    yield make.case("sigv4", {"m": f"Authorization: {sigv4}"}, s)


def _connections(make: Maker) -> Iterator[Secret]:
    """Make connection strings and signed URLs."""
    for text in (
        "Server=db;Database=a;User Id=bob;Password={};Encrypt=true",
        "Server=db;Uid=bob;Pwd={}",
        "host=db user=bob password={} sslmode=require",
        "jdbc:postgresql://db/app?user=bob&password={}&ssl=true",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=core",
        "Endpoint=sb://a/;SharedAccessKeyName=root;SharedAccessKey={}",
    ):
        s = make.word(44, ALNUM)
        yield make.case("connection string", {"cs": text.format(s)}, s)
        s = make.word(44, ALNUM)
        yield make.case(
            "connection string in an error", {"m": f"cannot connect ({text.format(s)})"}, s
        )
    for query in ("sig", "X-Amz-Signature", "X-Goog-Signature", "access_token", "key", "code"):
        s = make.word(44)
        yield make.case(f"query {query}", {"u": f"https://a.example/b?se=2026&{query}={s}&sp=r"}, s)
        s = make.word(44)
        yield make.case(f"query {query}, last", {"m": f"GET /b?{query}={s} failed"}, s)


def _blocks(make: Maker) -> Iterator[Secret]:
    """Make private keys in PEM, whole and cut."""
    for label in ("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ", "DSA "):
        lines = [make.word(64, BASE64) for _ in range(6)]
        begin = f"-----BEGIN {label}PRIVATE" + " KEY-----"
        whole = "\n".join([begin, *lines, f"-----END {label}PRIVATE" + " KEY-----"])
        yield make.case(f"PEM {label}", {"file": whole}, *lines)
        yield make.case(f"PEM {label}cut", {"file": f"key is:\n{whole[:300]}"}, *lines[:2])
        yield make.case(f"PEM {label}in JSON in text", {"f": json.dumps({"x": whole})}, *lines)
        yield make.case(
            f"PEM {label}cut in JSON", {"f": json.dumps({"x": whole})[:300]}, *lines[:2]
        )
        yield make.case(f"PEM {label}in repr", {"m": f"load({whole!r})"}, *lines)
    lines = [make.word(64, BASE64) for _ in range(4)]
    begin = "PuTTY-User-Key-File-3: ssh-ed25519\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 4"
    whole = "\n".join([begin, *lines, "Private-MAC: 0123"])
    yield make.case("PuTTY", {"file": whole}, *lines)
    yield make.case("PuTTY, Windows", {"file": whole.replace("\n", "\r\n")}, *lines)
    yield make.case("PuTTY cut in JSON", {"f": json.dumps({"x": whole})[:230]}, *lines[:1])
    for text, size in (
        ("$2b$12${}", 53),
        ("bob:$6$salt${}:19000:0", 86),
        ("$argon2id$v=19$m=65536,t=3,p=4${}", 43),
        ("pbkdf2_sha256$600000$salt${}=", 43),
    ):
        s = make.word(size)
        yield make.case("hash of a password", {"m": f"found {text.format(s)}"}, s)


def _sentences(make: Maker) -> Iterator[Secret]:
    """Make the messages that people and programs write."""
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
        "<password><![CDATA[{}]]></password>",
        '<wsse:Password Type="http://docs.example/wss#PasswordText">{}</wsse:Password>',
        "<ns1:clientSecret xsi:type='xsd:string'>{}</ns1:clientSecret>",
        '<add key="ApiKey" value="{}"/>',
        "<property name='db.password'\n          value='{}'/>",
        '<input type="password" name="password" value="{}">',
        '<add key="x" password="{}"/>',
        "<password type='plain'>{}</password>",
        '<input value="{}" name="password">',
        '<string name="api_key">{}</string>',
        '<entry key="db.password">{}</entry>',
        "<setting name='Password' serializeAs='String'>\n  <value>{}</value>\n</setting>",
        "&lt;password&gt;{}&lt;/password&gt;",
        "&amp;lt;wsse:Password&amp;gt;{}&amp;lt;/wsse:Password&amp;gt;",
        "mysql -h db -u root -p{} app",
        "mysqldump -uroot -p'{}' app > app.sql",
        "/usr/bin/mysqladmin \\\n  -u root -p{} ping",
        "sshpass -p {} ssh bob@a",
        "docker login -u bob -p {} registry.example",
        "mongosh -u admin -p {} --host a",
        'ldapsearch -x -D cn=admin -w "{}" -b dc=a',
        "redis-cli -h a -a {} ping",
        "7z x -p{} a.7z",
        "zip -r -P {} a.zip a",
        "sqlplus -S scott/{}@db",
        "jdbc:oracle:thin:scott/{}@db:1521/x",
        "kubectl create secret generic a --from-literal=a={}",
        "CREATE USER 'bob'@'%' IDENTIFIED BY '{}'",
        'alter user bob identified by "{}" account unlock',
        "ALTER USER bob IDENTIFIED WITH mysql_native_password BY '{}'",
        "CREATE LOGIN bob WITH PASSWORD = N'{}'",
        "user,password\nbob,{}\n",
        'id;"api key";name\r\n1;"{}";"bob"\r\n',
        "name\ttoken\nbob\t{}\nann\tnone\n",
        "| user | password |\n|---|---|\n| bob | {} |\n",
        "Email,Password,Sum (EUR)\na@example.com, {} ,7",
        "the password for bob@example.com is {}",
        "Das Passwort ist {}",
        "pw={}",
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
        s = make.word(18)
        yield make.case(f"text `{text}`", {"m": text.format(s)}, s)
        s = make.word(18)
        yield make.case(
            f"stack `{text}`", {"s": f"Traceback:\n  x\nError: {text.format(s)}\nend"}, s
        )


def _lists(make: Maker) -> Iterator[Secret]:
    """Make names beside their values, and command lines."""
    for head in ("X-Api-Key", "Cookie", "set-cookie", "X-Auth-Token", "Proxy-Authorization"):
        s = make.word()
        yield make.case(
            f"flat header list {head}", {"raw": ["Host", "a", head, s, "Accept", "*/*"]}, s
        )
        s = make.word()
        yield make.case(f"two {head}", [head, s], s)
        s = make.word()
        yield make.case(f"OTLP {head}", [{"key": f"http.{head}", "value": {"stringValue": s}}], s)
        s = make.word()
        yield make.case(f"repr pairs {head}", {"m": f"headers=[('{head}', '{s}'), ('a', 'b')]"}, s)
        s = make.word()
        pair = [{"$flightlog": "bytes", "text": text} for text in (head, s)]
        yield make.case(f"bytes pair {head}", {"headers": [pair]}, s)
        s = make.word()
        yield make.case(f"list of {head}", {head: [s, "x"]}, s)
    for rows in (
        [["user", "password"], ["bob", "{}"], ["ann", None]],
        [["id", "api key", "of"], [1, "{}", "bob"]],
    ):
        for place in (rows, {"values": rows}, [rows, rows[1:0]]):
            s = make.word()
            yield make.case("rows of a table", json.loads(json.dumps(place).replace("{}", s)), s)
    for argv in (["--password", "{}"], ["tool", "--token", "{}", "go"], ["t", "--api-key={}"]):
        s = make.word()
        yield make.case("command line", {"argv": [item.format(s) for item in argv]}, s)


def _cards(make: Maker) -> Iterator[Secret]:
    """Make card numbers in groups and as numbers."""
    for number, group in (("4", 4), ("37", 6), ("53", 4), ("6011", 4)):
        for joint in (" ", "-", "\u00a0"):
            card, _ = card_number(number, 15 if group == 6 else 16)(make.rng)
            sizes = (4, 6, 5) if group == 6 else (4, 4, 4, 4)
            cuts = [card[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes))]
            yield make.case(
                "card in groups", {"m": f"charged {joint.join(cuts)} 12/27"}, joint.join(cuts)
            )
        card, _ = card_number(number, 15 if group == 6 else 16)(make.rng)
        yield Secret("card as number", f'{{"n":{card},"m":1}}'.encode(), (card,))


def _escapes(make: Maker) -> Iterator[Secret]:
    """Make names and values that JSON's escapes hide."""
    for name in ("p\\u0061ssword", "\\u0074oken", "api\\u005fkey", "\\u0041uthorization"):
        s = make.word()
        yield Secret("escaped name", f'{{"{name}":"{s}"}}'.encode(), (s,))
        s = make.word()
        twice = name.replace("\\", "\\\\")
        yield Secret(
            "escaped name in text", f'{{"b":"{{\\"{twice}\\":\\"{s}\\"}}"}}'.encode(), (s,)
        )
    for _ in range(4):
        s, parts = FORMATS["GitHub personal"](make.rng)
        hidden = "".join(f"\\u{ord(c):04x}" if c in "ghp_" else c for c in s)
        yield Secret("escaped value", f'{{"x":"{hidden}"}}'.encode(), (*parts, hidden[-8:]))
