"""A corpus of harmless payloads that resemble secrets: names, sentences, numbers, ids, code."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

_MEMBERS: Final = {
    "max_tokens": "4096",
    "maxTokens": "1024",
    "total_tokens": "512",
    "prompt_tokens": "12",
    "completion_tokens": "7",
    "token_count": "99",
    "tokenCount": "3",
    "tokens_used": "77",
    "token_limit": "8192",
    "max_token_length": "20",
    "tokensPerMinute": "90000",
    "cached_tokens": "0",
    "reasoning_tokens": "64",
    "stop_token": '"<|end|>"',
    "pad_token": '"[PAD]"',
    "eos_token": '"</s>"',
    "token_type": '"Bearer"',
    "tokenType": '"bearer"',
    "token_url": '"https://a.example/oauth/token"',
    "token_endpoint": '"https://a.example/token"',
    "token_expires_in": "3600",
    "token_expiry": '"2026-11-22T10:00:00Z"',
    "tokenizer": '"cl100k_base"',
    "tokenizer_name": '"gpt2"',
    "tokenization": '"bpe"',
    "token_ids": "[101,2009,102]",
    "next_page_token": '"CAUQAA"',
    "nextPageToken": '"EAAaBlBUOkNBVQ"',
    "pageToken": '"p2"',
    "continuation_token": '"row-200"',
    "secretary": '"Ms. Adams"',
    "secretariat": '"UN"',
    "secret_name": '"db/main"',
    "secretName": '"tls-cert"',
    "secret_count": "3",
    "secret_arn": '"arn:aws:secretsmanager:eu-central-1:123456789012:secret:app"',
    "secret_version": '"v3"',
    "author": '"Ada Lovelace"',
    "authors": '["A. Turing","G. Hopper"]',
    "authority": '"Bank of England"',
    "authorized": "true",
    "authenticated": "true",
    "authored_at": '"2026-11-22"',
    "auth_type": '"oauth2"',
    "authMethod": '"password"',
    "auth": '"basic"',
    "auth_url": '"https://a.example/login"',
    "authProvider": '"google"',
    "auth_enabled": "false",
    "authorName": '"bob"',
    "authorization_url": '"https://a.example/authorize"',
    "authorization_endpoint": '"https://a.example/a"',
    "passenger": '"Bob"',
    "passengers": "3",
    "passport_country": '"DE"',
    "compass": '"north"',
    "encompass": '"all"',
    "bypass": "true",
    "passed": "12",
    "passes": "3",
    "pass_rate": "0.98",
    "passive": "true",
    "passage": '"It was a dark night"',
    "password_required": "true",
    "passwordRequired": "true",
    "password_length": "12",
    "password_min_length": "8",
    "password_policy": '"strong"',
    "password_expires_at": '"2027-01-01"',
    "passwordChangedAt": '"2026-01-01T00:00:00Z"',
    "has_password": "true",
    "password_strength": '"weak"',
    "password_hint": '"your first pet"',
    "passwordFieldName": '"pw"',
    "password": "null",
    "password_reset_required": "false",
    "is_secret": "false",
    "secret": "null",
    "token": "null",
    "Token": "false",
    "api_key": "null",
    "cookie_consent": '"accepted"',
    "cookieConsent": "true",
    "cookie_policy": '"https://a.example/cookies"',
    "cookies_enabled": "true",
    "cookie_name": '"sid"',
    "cookie_banner": '"shown"',
    "cookie_domain": '".a.example"',
    "keyboard": '"qwertz"',
    "monkey": '"Kong"',
    "primaryKey": '"id"',
    "primary_key": '"order_id"',
    "public_key": '"id-1"',
    "key": '"a"',
    "publicKey": '"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ"',
    "sort_key": '"created"',
    "partition_key": '"customer"',
    "foreign_key": '"orders.id"',
    "cache_key": '"user:42:profile"',
    "routing_key": '"orders.created"',
    "keys": '["a","b"]',
    "idempotency_key": '"order-4711"',
    "object_key": '"uploads/2026/a.png"',
    "keyCode": "13",
    "keyframe": "7",
    "turkey": '"no"',
    "keywords": '["password","token","secret"]',
    "required": '["username","password"]',
    "key_id": '"k-1"',
    "api_key_id": '"key-1"',
    "apiKeyName": '"ci"',
    "publishable_key": '"none"',
    "access_key_count": "2",
    "api_version": '"v1"',
    "private": "true",
    "private_ip": '"10.0.0.7"',
    "privateBeta": "false",
    "privacy": '"strict"',
    "session": '"morning"',
    "session_count": "4",
    "sessions": "12",
    "session_timeout": "900",
    "credential_type": '"password"',
    "credentials_provider": '"env"',
    "cardinality": "7",
    "card_type": '"visa"',
    "card_last4": '"4242"',
    "cardBrand": '"mastercard"',
    "discard": "true",
    "postcard": '"sent"',
    "pinned": "true",
    "spinner": '"dots"',
    "opinion": '"good"',
    "shipping": '"fast"',
    "sidebar": '"left"',
    "sides": "4",
    "patch": '"1.2.3"',
    "path": '"/srv/app"',
    "pattern": '"a*"',
    "signal": "9",
    "signed": "true",
    "assigned": '"bob"',
    "design": '"flat"',
    "sign_in": "true",
    "otpauth_enabled": "false",
    "cvs": '"drugstore"',
    "cursor": '"after-200"',
    "nonce_used": "true",
    "bearer_of": '"news"',
    "basic": '"plan"',
    "basics": '["a"]',
    "csrf_enabled": "true",
    "jwt_enabled": "true",
    "jwt_algorithm": '"HS256"',
    "dsn_configured": "true",
}
"""Names, and their values as JSON."""

_TABLES: Final = (
    "id,email,password\n",
    "user,password\nbob,\nann,null\n",
    "| field | type |\n|---|---|\n| password | text |\n",
    "password,\nand nothing else",
    "missing: user, password, token\nsee below, please, thanks",
    "SELECT id, password\nFROM users, accounts\nWHERE id = 7",
    "login(user, password)\nlogout(user, reason)",
    "pass,fail\n12,3\n",
    "step;tokens;ms\n1;512;70\n",
)

_SENTENCES: Final = """
Ihr Passwort läuft in 14 Tagen ab.
Das Passwort muss mindestens 12 Zeichen lang sein.
Le mot de passe doit contenir au moins 8 caractères.
La contraseña es demasiado corta.
A senha deve ter no mínimo 8 caracteres.
La password è obbligatoria.
Hasło jest nieprawidłowe.
Пароль должен содержать не менее 8 символов.
密码不能为空
密码是必填项
パスワードは8文字以上で入力してください。
비밀번호는 8자 이상이어야 합니다.
password = input("Password: ")
level=error msg="auth failed" reason=bad_password attempts=3
Use the --password option or set PGPASSWORD.
Usage: app login [--token TOKEN] [--password PASSWORD]
  -p, --password   Password (will be prompted)
vault login -method=oidc
secrets: inherit
duplicate key value violates unique constraint "users_email_key"
Incorrect API key provided. You can find your API key in the settings.
password must be at least 8 characters
The password is required.
Your password has been changed
Invalid password: try again
Password: required
Wrong username or password
passwords do not match
Forgot your password? Reset it here.
Enter your password and press return
token expired at 10:00
Invalid token: unexpected end of input
SyntaxError: Unexpected token '}' in JSON at position 7
Unexpected token < in JSON at position 0
The token has been revoked
Token limit reached: 8192 of 8192 used
This model's maximum context length is 8192 tokens
max_tokens is too large: 9000
Missing API key
You didn't provide an API key
The API key is missing or invalid
Set your API key in the settings
Authorization header is missing
Authorization: required
authorization denied by policy
Authentication failed for user bob
Basic authentication is not supported
Basic understanding of English
the bearer of this letter
Bearer authentication is required
WWW-Authenticate: Bearer realm=example
Cookie: please accept our policy
This site uses cookies to improve your visit
Secret Santa is on Friday
The secret of success is work
a secret garden behind the wall
The Secretary of State spoke
the author was credited
According to the authority
the private key could not be found
Public key: see the appendix
Press any key to continue
The primary key constraint failed: orders.id
KeyError: 'password'
KeyError: 'access_token'
AttributeError: 'Request' object has no attribute 'token'
ValueError: secret is not set
TypeError: login() missing 1 required positional argument: 'password'
TypeError: connect() got an unexpected keyword argument 'api_key'
Environment variable STRIPE_API_KEY is not set
missing fields: username, password, token
columns: id, email, password, created_at
SELECT id, password FROM users WHERE id = 7
UPDATE users SET password = ? WHERE id = ?
CREATE TABLE t (id INT, password TEXT, token TEXT)
password=None
token=null
api_key=
password=****
password=<hidden>
<token type="EOF"></token>
<TokenCount unit="1">12</TokenCount>
<p class="token" id="t">Hello</p>
<label for="password">Choose one</label>
<input type="password" name="password" value="">
<input name="password" placeholder="Your password">
<meta name="author" content="Bob Smith">
<xs:element name="password" type="xs:string"/>
password=${DB_PASSWORD}
token={{ secrets.TOKEN }}
    password=os.environ["DB_PASSWORD"],
    client = Client(api_key=api_key, token=self.token)
    token = get_token(request)
    password = user.password
    def login(user: str, password: str) -> None:
    if password == expected_password:
    secret = config.secret
    raise ValueError("password is required")
see https://docs.example.com/auth/tokens?page=2#bearer
https://example.com:8080/@bob/posts
https://medium.example/@author/on-passwords
git@git.example.com:a/b.git
ssh://git@git.example.com:22/a/b.git
mailto:bob@example.com?subject=token
postgres://db.example.com:5432/app
redis://localhost:6379/0
contact bob@example.com or ann@example.com
-----BEGIN CERTIFICATE----- is the first line
task-management-service-for-everyone
risk-assessment-and-mitigation-plan
desk-reservation-system-of-the-office
scikit-learn and sk-learn-contrib-packages
the disk-usage-of-the-whole-machine
skeleton acceptance faced accede basket
hf_hub_download failed
npm_config_registry is set
pypi-server is running
xoxo, your friends
eyjafjallajökull erupted
the monday index of sundays
curl -s https://example.com/health
docker run -u 1000:1000 image
docker run --name some-mysql -p3306:3306 -d mysql
docker run --name some-mongo -p 27017:27017 -d mongo
docker login registry.example
mysql -h db -P 3306 -u root -p app
mysqldump --protocol=tcp -u root app
sshpass -p $PASSWORD ssh bob@a
ldapsearch -x -D cn=admin -W -b dc=a
zip code of the customer
the bug was identified by our team
token ist ungültig
the password for this account is required
<string name="password">Password</string>
<string name="reset">Reset your password</string>
<button name="token">Send</button>
<xs:element name="password"><xs:simpleType/></xs:element>
&lt;password&gt;required&lt;/password&gt;
sign in or sign up
otp sent to your phone
PIN pad is out of order
the pass was closed by snow
compass, passenger, passage
3 passed, 1 failed in 2.41s
ISBN 978-3-16-148410-0
ISBN 9783161484100
call +49 30 901820 or +1 415 555 2671
+4915112345678901
IBAN-like text without digits
order 4111111111111112 shipped
order 4000 1234 5678 9010 shipped
tracking 1Z999AA10123456784
version 1.2.3.4 of 2026-11-22
0.4111111111111111
3.1415926535897932
1763809451000
1763809451000123
1763809451000123456
20261122190411
0x4111111111111111
""".strip().splitlines()


class Harmless(NamedTuple):
    """A payload without a secret."""

    what: str
    json: bytes


def payloads() -> Iterator[Harmless]:
    """
    List every harmless payload.

    Yields:
        A payload.
    """
    rng = Random("harmless")
    for name, value in _MEMBERS.items():
        yield Harmless(name, f'{{"a":1,"{name}":{value}}}'.encode())
    for sentence in (*_SENTENCES, *_TABLES):
        yield Harmless(sentence, json.dumps({"message": sentence, "n": 1}).encode())
    for _ in range(20):
        uuid = rng.randbytes(16).hex()
        dashed = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
        yield Harmless("UUID", json.dumps({"id": dashed, "trace": uuid}).encode())
        commit = rng.randbytes(20).hex()
        yield Harmless("commit", json.dumps({"commit": commit, "m": f"at {commit[:8]}"}).encode())
        digest = rng.randbytes(32).hex()
        yield Harmless("digest", json.dumps({"etag": f'"{digest}"', "sha256": digest}).encode())
    for _ in range(20):
        moment = rng.randrange(1_600_000_000_000_000_000, 1_900_000_000_000_000_000)
        times = {"ns": moment, "us": moment // 1000, "ms": moment // 10**6, "text": str(moment)}
        yield Harmless("timestamps", json.dumps(times).encode())
        snowflake = rng.randrange(10**17, 2 * 10**18)
        yield Harmless("snowflake", json.dumps({"id": snowflake, "s": str(snowflake)}).encode())
        floats = {"x": rng.random(), "y": rng.random() * 1e4, "z": rng.gauss(0, 1)}
        yield Harmless("floats", json.dumps(floats).encode())
        phone = f"+{rng.randrange(10**11, 10**13)}"
        yield Harmless("phone", json.dumps({"phone": phone, "m": f"call {phone}"}).encode())
        order = f"{rng.randrange(10**11, 10**12)}"
        yield Harmless("order", json.dumps({"order": order, "ref": f"ORD-{order}"}).encode())
    for size in (60, 600, 6000):
        image = "data:image/png;base64," + base64.b64encode(rng.randbytes(size)).decode()
        yield Harmless("image", json.dumps({"image": image}).encode())
        url_safe = base64.urlsafe_b64encode(rng.randbytes(size)).decode()
        yield Harmless("bytes", json.dumps({"data": url_safe}).encode())
    yield from _whole()


def _whole() -> Iterator[Harmless]:
    chat = {
        "model": "gpt-5",
        "max_tokens": 900,
        "messages": [{"role": "user", "content": "How do I reset my password?"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21},
        "tokens": {"input": 9, "output": 12},
        "logprobs": {"tokens": ["Hello", " world"], "token_logprobs": [-0.1, -0.2]},
    }
    yield Harmless("chat", json.dumps(chat).encode())
    schema = {
        "type": "object",
        "properties": {"password": {"type": "string", "minLength": 8}, "token": {"type": "string"}},
        "required": ["password", "token"],
    }
    yield Harmless("schema's list", json.dumps({"required": schema["required"]}).encode())
    allowed = {"allow_headers": ["Authorization", "Content-Type", "X-Api-Key"], "vary": ["Cookie"]}
    yield Harmless("allowed headers", json.dumps(allowed).encode())
    for kind in ("bytes", "dropped", "truncated", "cycle", "set", "generator", "repr"):
        mark = {"$flightlog": kind, "type": "builtins.object", "size": 4096}
        yield Harmless(f"mark {kind}", json.dumps({"a": mark}).encode())
    yield Harmless("old mark", json.dumps({"password": "[REDACTED:0123456789ab]"}).encode())
    yield Harmless("old mark in text", b'{"m":"token=[REDACTED:0123456789ab]&x=1"}')
    yield Harmless("lone surrogate", b'{"a":"\\ud800 password policy"}')
    for accent in ("caf\\u00e9", "\\u043f\\u0440\\u0438\\u0432\\u0435\\u0442", "\\u65e5\\u672c"):
        yield Harmless("escaped text", f'{{"name":"{accent}","n":-0.0,"m":1E400}}'.encode())
