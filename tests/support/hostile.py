"""Texts made to keep a redactor busy: each family at any length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

TEXTS: Final[dict[str, Callable[[int], str]]] = {
    "quotes": lambda n: '"' * n,
    "apostrophes after a name": lambda n: "password='" * (n // 10),
    "backslashes": lambda n: 'password="' + "\\" * n,
    "escaped quotes": lambda n: 'password="' + '\\"' * (n // 2),
    "unclosed braces": lambda n: "secret={" * (n // 8),
    "unclosed braces with quotes": lambda n: 'secret={"' * (n // 9),
    "escaped quotes in braces": lambda n: 'secret={"' + '\\"' * (n // 2),
    "digits": lambda n: "4" * n,
    "groups of digits": lambda n: "4111 " * (n // 5),
    "groups with dashes": lambda n: "4111-" * (n // 5),
    "password": lambda n: "password" * (n // 8),
    "password and equals": lambda n: "password=" * (n // 9),
    "password and colon": lambda n: "password: " * (n // 10),
    "password is": lambda n: "password is " * (n // 12),
    "password and must": lambda n: "password: must " * (n // 15),
    "sid": lambda n: "sid=" * (n // 4),
    "sid in quotes": lambda n: 'sid="' * (n // 5),
    "sid in deeper quotes": lambda n: "".join(
        f'sid={chr(92) * (k % 16)}"a' for k in range(n // 12)
    ),
    "cookies": lambda n: "cookie: a " * (n // 10),
    "authorization": lambda n: "authorization: is " * (n // 18),
    "ampersands": lambda n: "token=" + "&" * n,
    "ampersands and letters": lambda n: "token=" + "&a" * (n // 2),
    "commas": lambda n: "token=" + "," * n,
    "eyJ": lambda n: "eyJ" * (n // 3),
    "eyJ and keys": lambda n: ("eyJ-AKIA" + "A" * 16 + "-") * (n // 25),
    "sk-": lambda n: "sk-" * (n // 3),
    "SG.": lambda n: "SG." * (n // 3),
    "Discord": lambda n: "MTAwMDAw." * (n // 9),
    "bearer": lambda n: "bearer " * (n // 7),
    "basic": lambda n: "basic " * (n // 6),
    "slashes": lambda n: "://" * (n // 3),
    "URLs": lambda n: "a://b:" * (n // 6),
    "URLs and at": lambda n: "a://b@" * (n // 6),
    "PEM": lambda n: "-----BEGIN PRIVATE KEY-----" * (n // 27),
    "PEM names": lambda n: "-----BEGIN " * (n // 11),
    "curl": lambda n: "curl -u " * (n // 8),
    "percent": lambda n: "token%3D" * (n // 8),
    "percents": lambda n: "token" + "%25" * (n // 3) + "22",
    "escapes": lambda n: "\\u0070assword=" * (n // 15),
    "marks": lambda n: "password=[REDACTED:0123456789]" * (n // 30),
    "half marks": lambda n: "password=[REDACTED:" * (n // 19),
    "angles": lambda n: "<password>" * (n // 10),
    "brackets": lambda n: "[" * n,
    "brackets after a name": lambda n: '{"password":' * (n // 12),
    "spaces": lambda n: "password" + " " * n,
    "line ends": lambda n: "password:\n" * (n // 10),
    "known": lambda n: "aaaaaaaa" * (n // 8),
    "hex": lambda n: "deadbeef" * (n // 8),
}
"""Of which each is as hard at any length, by its name."""

JSON: Final[dict[str, Callable[[int], str]]] = {
    "deep lists": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "deep objects": lambda n: '{"a":' * (n // 6) + "1" + "}" * (n // 6),
    "deep secrets": lambda n: '{"secret":' * (n // 11) + "1" + "}" * (n // 11),
    "deep pairs": lambda n: '{"value":' * (n // 24) + '"x"' + ',"name":"token"}' * (n // 24),
    "deep lists of pairs": lambda n: '["token",' * (n // 10) + '"x"' + "]" * (n // 10),
    "many secrets": lambda n: "[" + ",".join(['{"password":"x"}'] * (n // 17)) + "]",
    "many containers": lambda n: "[" + ",".join(['{"password":{"a":1}}'] * (n // 21)) + "]",
    "many names": lambda n: "[" + ",".join(['"token"'] * (n // 8)) + "]",
    "many numbers": lambda n: "[" + ",".join(["4111111111111111"] * (n // 17)) + "]",
    "many escapes": lambda n: '{"password policy":"' + '\\"' * (n // 2) + '"}',
}
