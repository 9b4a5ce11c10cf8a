"""The shipped rules find the tokens of their providers, and nothing in harmless payloads."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from flightlog.redaction.tokens import TokenRules, shipped_rules
from support import harmless, hostile
from support.token_samples import FORMS, token_sample

RULES = TokenRules()


def found_texts(text: str) -> list[tuple[str, str]]:
    """List the rules that find something in a text, each with the text that it finds."""
    data = text.encode()
    return [(RULES.ids[rule], data[start:end].decode()) for start, end, rule in RULES.find(data)]


def test_each_rule_has_a_sample_and_an_id_of_its_own() -> None:
    """Every shipped rule is checked, and rules can be disabled by their ids."""
    ids = [rule.id for rule in shipped_rules()]
    assert len(set(ids)) == len(ids)
    assert set(ids) == FORMS.keys()
    providers = {"-".join(each.split("-")[:1]) for each in ids}
    named = next(rule for rule in shipped_rules() if rule.id == "named-provider-key")
    assert len(providers) + len(named.keywords) >= 200


@pytest.mark.parametrize("rule_id", FORMS)
def test_a_token_is_found_whole_in_text_and_in_json(rule_id: str) -> None:
    """The rule finds the whole token in a sentence, and within JSON in JSON with its escapes."""
    text, secret = token_sample(rule_id)
    assert (rule_id, secret) in found_texts(f"upstream said {text} at step 3")
    nested = json.dumps({"body": json.dumps({"line": f"first\n{text}\n"})})
    for written in (nested, nested.replace("/", "\\/")):
        escaped = [found for _, found in found_texts(written)]
        assert secret in [found.replace("\\", "") for found in escaped]
        assert not any(found.endswith("\\") or '"' in found for found in escaped)


@pytest.mark.parametrize(
    "name", next(rule.keywords for rule in shipped_rules() if rule.id == "named-provider-key")[::12]
)
def test_a_key_without_a_form_is_found_by_its_providers_name(name: str) -> None:
    """A provider's name and a word for a key make the value next to them a secret."""
    secret = token_sample("named-provider-key").secret
    for text in (f"{name.upper()}_API_KEY={secret}", f'{name}.token: "{secret}"'):
        assert secret in [found for _, found in found_texts(text)]
    assert not found_texts(f"{name} key rotation-of-the-old-key-2 is described below")


@pytest.mark.parametrize(
    ("text", "rule_id"),
    [
        ("{}", "github-token"),
        ("token\\n{}", "github-token"),
        ("a%20{}%20b", "github-token"),
        ("\\u00ab{}\\u00bb", "github-token"),
        ("\\u001b[32m{}\\u001b[0m", "github-token"),
        ("café:{}é", "github-token"),
    ],
)
def test_a_token_begins_after_an_escape(text: str, rule_id: str) -> None:
    """Escapes, percent codes and colours of terminals end a word as spaces do."""
    secret = token_sample(rule_id).secret
    assert found_texts(text.format(secret)) == [(rule_id, secret)]


@pytest.mark.parametrize("word", ["ri", "di", "a_", "2"])
def test_no_token_begins_within_a_word(word: str) -> None:
    """A beginning such as `sk-` within a word is no token."""
    assert found_texts(" sk-" + "abcdefgh12345678")
    assert not found_texts(f"{word}sk-" + "abcdefgh12345678")


def test_harmless_payloads_have_no_token() -> None:
    """UUIDs, commits, digests, ids, numbers, base64 and sentences are no tokens."""
    wrong = [
        (payload.what, found)
        for payload in harmless.payloads()
        if (found := found_texts(payload.json.decode()))
    ]
    assert not wrong


def test_a_token_is_found_whole_across_pieces() -> None:
    """A token at any place of a large text, and one larger than its surroundings, is found."""
    secret = token_sample("github-token").secret
    for place in range(65_536 - len(secret) - 2, 65_540, 7):
        text = "." * place + secret + "." * 70_000
        assert found_texts(text) == [("github-token", secret)]
    long = "eyJ" + "a" * 3_000 + ".eyJ" + "b" * 90_000 + "." + "c" * 43
    assert found_texts(f"{{{long}}}") == [("jwt", long)]


def calls(work: Callable[[], object]) -> int:
    """Count the calls that some work makes."""
    count = 0

    def counted(_frame: FrameType, _event: str, _argument: Any) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


KEYWORDS = " ".join(keyword for rule in shipped_rules() for keyword in rule.keywords)
DENSE: dict[str, Callable[[int], str]] = {
    **hostile.TEXTS,
    "all keywords": lambda n: (KEYWORDS * (n // len(KEYWORDS) + 1))[:n],
    "one long token": lambda n: "eyJ" + "a" * n,
    "rejected tokens": lambda n: "sk-" * (n // 3),
    "tokens": lambda n: f"{token_sample('npm-token').secret} " * (n // 41),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", DENSE)
def test_calls_grow_with_the_length_of_text(kind: str) -> None:
    """Hostile text costs a bounded number of calls for each byte."""
    text = DENSE[kind](40_000).encode()
    RULES.find(text)
    assert calls(lambda: RULES.find(text)) < 6 * len(text)


def test_rules_can_be_disabled_and_added(tmp_path: Path) -> None:
    """`off:ID` leaves a rule out, and a file adds rules and replaces rules with its ids."""
    secret = token_sample("npm-token").secret
    file = tmp_path / "own.toml"
    file.write_text(
        "[[rules]]\nid = 'staff'\nregex = '''\\bEMP-([0-9]{6})\\b'''\nkeywords = ['emp-']\n"
        "[[rules]]\nid = 'no-keywords'\nregex = '''ZZ[0-9]{4}ZZ'''\n",
        encoding="utf-8",
    )
    rules = TokenRules((str(file), "off:npm-token"))
    data = f"{secret} EMP-123456 ZZ1234ZZ".encode()
    found = rules.find(data)
    assert [(rules.ids[rule], data[start:end]) for start, end, rule in found] == [
        ("staff", b"123456"),
        ("no-keywords", b"ZZ1234ZZ"),
    ]
