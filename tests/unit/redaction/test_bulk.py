"""Plain secrets that are read at once: the same is removed as from each item alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from flightlog.redaction import Redactor

REDACTOR = Redactor(b"k" * 32, secrets=["known-abcd"])
COUNT = 200
ODD = (
    *("null", "xxx", "***", "https://bob:pw9@db.example.com/", "[x]", "a."),
    *("/pwd", "%s", "$HOME", "", "Bearer abcdefgh12345678", "known-abcd", "é", " ", 'q"q', "a\\b"),
    *("4111111111111111", "[REDACTED:0123456789ab]", "user,password", "x", "line\nline"),
)
WORDS = ("password", "my_token", "is", "config")
"""They would be columns of a table in a list of lists."""
NAMES = ("password", "db_password", "token", "auth", "stripe_key", "X-Api-Key", "sid", "pin")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"


def draw(rng: Random) -> str:
    """Draw a value: mostly a plain secret."""
    if rng.random() < 0.97:
        return "".join(rng.choices(LETTERS, k=rng.choice([1, 4, 16])))
    return rng.choice(ODD)


def word(rng: Random) -> str:
    """Draw a value, or a word of a language."""
    return draw(rng) if rng.random() < 0.97 else rng.choice(WORDS)


def name(rng: Random, usual: str) -> str:
    """Draw a name: mostly the usual one."""
    return usual if rng.random() < 0.97 else rng.choice(NAMES)


ITEMS: dict[str, Callable[[Random, str], object]] = {
    "members": lambda rng, usual: {name(rng, usual): draw(rng)},
    "members of logins": lambda rng, usual: {"user": draw(rng)[:4], name(rng, usual): draw(rng)},
    "numbers": lambda rng, usual: {name(rng, usual): rng.randrange(10**6)},
    "pairs": lambda rng, usual: [name(rng, usual), draw(rng)],
    "named values": lambda rng, usual: {"name": name(rng, usual), "value": draw(rng)},
    "headers": lambda rng, _: {"Authorization": f"Bearer {draw(rng)}{draw(rng)}"},
    "lists below a name": lambda rng, usual: {"fields": [name(rng, usual), draw(rng)]},
}
LINES: dict[str, Callable[[Random, str], str]] = {
    "assignments": lambda rng, usual: f"{name(rng, usual)}={word(rng)}",
    "lines": lambda rng, usual: f"{name(rng, usual)}: {word(rng)}",
    "credentials": lambda rng, _: f"Authorization: Bearer {draw(rng)}{draw(rng)}",
    "cookies": lambda rng, _: f"Cookie: sid={draw(rng)}; theme={word(rng)}",
    "a cookie": lambda rng, usual: f"{name(rng, 'Set-Cookie')}: {word(rng)}={draw(rng)}",
    "URLs": lambda rng, _: f"postgres://bob:{draw(rng)}@db.example.com/app",
}


@pytest.mark.parametrize("usual", NAMES)
@pytest.mark.parametrize("kind", ITEMS)
def test_items_of_json_lose_what_each_loses_alone(kind: str, usual: str) -> None:
    """A list is redacted as its items, whatever stands between the plain ones."""
    rng = Random(kind + usual)
    items = [json.dumps(ITEMS[kind](rng, usual)) for _ in range(COUNT)]
    separately = [REDACTOR.payload(f"[0, {item}]".encode(), "input")[4:-1] for item in items]
    together = REDACTOR.payload(f"[0, {', '.join(items)}]".encode(), "input")
    assert together == b"[0, %b]" % b", ".join(separately)


@pytest.mark.parametrize("usual", ["password", "token", "stripe_key"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_members_of_json_in_text_lose_what_each_loses_alone(depth: int, usual: str) -> None:
    """A list that is JSON in text, or JSON in JSON in text, is redacted as its items."""

    def redacted(value: object) -> Any:
        for _ in range(depth):
            value = json.dumps(value)
        read = json.loads(REDACTOR.payload(json.dumps([value]).encode(), "input"))[0]
        for _ in range(depth):
            read = json.loads(read)
        return read

    rng = Random(f"{depth}{usual}")
    items = [{name(rng, usual): draw(rng)} for _ in range(COUNT)]
    assert redacted(items) == [redacted([item])[0] for item in items]


@pytest.mark.parametrize("usual", ["password", "DB_PASSWORD", "token"])
@pytest.mark.parametrize("kind", LINES)
def test_lines_lose_what_each_loses_alone(kind: str, usual: str) -> None:
    """Lines are redacted as each line, in JSON and in text."""
    rng = Random(kind + usual)
    lines = [LINES[kind](rng, usual) for _ in range(COUNT)]
    plain = [line for line in lines if line.isascii() and "\n" not in line and '"' not in line]
    text = "".join(f"{line}\n-\n" for line in plain)
    separately = "".join(REDACTOR.text(f"-\n{line}\n-\n")[2:] for line in plain)
    assert REDACTOR.text(text) == separately
    assert json.loads(REDACTOR.payload(json.dumps([text]).encode(), "input")) == [separately]


@pytest.mark.parametrize("sign", [" + ", "\n", "\n  "])
def test_the_second_part_of_a_secret_is_removed_behind_plain_secrets(sign: str) -> None:
    """A secret of two parts, in source code between plain secrets, is removed as it is alone."""
    plain = "".join(f'{{"password": "hunter{number}"}}\n' for number in range(COUNT))
    text = f'{plain}{{"password": "hunter2"{sign}"second"}}\n{plain}'
    assert "second" not in REDACTOR.text(text)
    assert b"second" not in REDACTOR.payload(json.dumps([text]).encode(), "input")
    assert b"second" not in REDACTOR.payload(json.dumps([json.dumps([text])]).encode(), "input")


@pytest.mark.parametrize(
    "item", ['{"token": "%s", "logprob": -1}', '{"logprob": -1, "token": "%s"}']
)
def test_pieces_of_an_answer_stay(item: str) -> None:
    """Tokens of a language model's answer are no secrets, however many there are."""
    rng = Random(item)
    pieces = ", ".join(item % rng.choice(LETTERS) for _ in range(COUNT))
    payload = f"[{pieces}]".encode()
    assert REDACTOR.payload(payload, "input") is payload


@pytest.mark.parametrize("place", range(0, COUNT, 37))
def test_a_secret_between_plain_secrets_is_found(place: int) -> None:
    """A secret of another kind between the plain secrets is removed, too."""
    items = [f'{{"password": "hunter{number}"}}' for number in range(COUNT)]
    items[place] = '{"note": "known-abcd", "password": "x"}'
    redacted = REDACTOR.payload(f"[{', '.join(items)}]".encode(), "input")
    assert redacted.count(b"[REDACTED:") == COUNT + 1
