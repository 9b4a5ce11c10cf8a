"""No secret of the corpus is left in any place, and harmless payloads are unchanged."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from flightlog.redaction import Redactor
from support.harmless import payloads
from support.harmless_files import file_payloads
from support.secret_files import file_secrets
from support.secret_places import secrets
from support.secret_syntaxes import syntax_secrets
from support.secret_templates import template_harmless, template_secrets
from support.secrets import KNOWN, encodings

KEY = b"installation" * 3
LONGEST_FRAGMENT = 8
WORST_SHARE_TOUCHED = 0.01
WORST_SHARE_OF_FILES_TOUCHED = 0.02


def texts_in(value: Any) -> list[str]:
    """List all texts in a JSON value, including names and JSON within texts."""
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in texts_in(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    if not isinstance(value, str):
        return [str(value)]
    try:
        inner = json.loads(value)
    except ValueError:
        return [value]
    return [value, *(texts_in(inner) if inner != value else [])]


def leaks(output: bytes, parts: tuple[str, ...]) -> list[str]:
    """List the fragments of a secret that a payload still holds, raw or decoded."""
    seen = "\n".join([output.decode(), *texts_in(json.loads(output))])
    return [
        part[at : at + LONGEST_FRAGMENT]
        for part in parts
        for at in range(max(1, len(part) - LONGEST_FRAGMENT + 1))
        if part[at : at + LONGEST_FRAGMENT] in seen
    ]


def test_no_secret_is_left_anywhere() -> None:
    """No eight characters of any secret are left in any place."""
    redactor = Redactor(KEY)
    corpus = list(secrets())
    left = {
        secret.where: (found, secret.json)
        for secret in corpus
        if (found := leaks(redactor.payload(secret.json, "input"), secret.parts))
    }
    assert len(corpus) >= 300
    assert left == {}


FILES_NOT_YET = {
    f"file {name}"
    for name in (
        *("azure sas", "c# property", "cloudformation", "composer oauth", "consul", "expect"),
        *(
            "grub",
            "httpx auth",
            "italian",
            "jdbc call",
            "jsession",
            "markdown",
            "nginx secure link",
        ),
        *("odbc braces", "openapi example", "pin", "ppp", "pydantic error", "requests auth"),
        *("sql log parameters", "terraform random", "unattend", "unlock", "var_dump", "vault read"),
        *("vault unseal", "vietnamese", "yaml anchor", "yaml tag"),
    )
}
"""The files and programs whose secrets may be left; docs/record/redaction.md names their kinds."""


def test_no_secret_is_left_in_files_of_programs() -> None:
    """Secrets in configurations, traces, dumps and messages of many programs are removed."""
    redactor = Redactor(KEY)
    corpus = list(file_secrets())
    left = {
        secret.where
        for secret in corpus
        if any(part in redactor.payload(secret.json, "input").decode() for part in secret.parts)
    }
    assert len(corpus) >= 900
    assert left <= FILES_NOT_YET


def test_harmless_files_and_members_are_left_alone() -> None:
    """Few harmless values of the second corpus are changed: references and names of files."""
    redactor = Redactor(KEY)
    corpus = list(file_payloads())
    touched = [
        harmless.what
        for harmless in corpus
        if redactor.payload(harmless.json, "output") is not harmless.json
    ]
    assert len(corpus) >= 350
    assert len(touched) / len(corpus) <= WORST_SHARE_OF_FILES_TOUCHED, touched


def test_no_secret_is_left_in_any_syntax() -> None:
    """Secrets in files, commands, queries and sentences, and tokens of all forms, are removed."""
    redactor = Redactor(KEY)
    corpus = list(syntax_secrets())
    left = {
        secret.where
        for secret in corpus
        if any(
            part in "\n".join(texts_in(json.loads(redactor.payload(secret.json, "input"))))
            for part in secret.parts
        )
    }
    assert len(corpus) >= 700
    assert left == set()


TEMPLATES_NOT_YET = {
    "kind: Secret\\nstringData:\\n  config: <<@pwsh@>>\\n",
    "rsync --password-file=<(echo <<@pwsh@>>) a b",
    "parola d'ordine: <<@pw@>>",
    "κωδικός πρόσβασης: <<@pw@>>",
    "mật khẩu: <<@pw@>>",
    '{"clave": "<<@pw@>>"}',
}
"""The templates whose secrets may be left; docs/record/redaction.md names their kinds."""


def test_no_secret_of_a_template_is_left() -> None:
    """Tokens of providers, and secrets in places that were written without the rules, go."""
    redactor = Redactor(KEY)
    corpus = list(template_secrets())
    left = {
        secret.where
        for secret in corpus
        if any(
            json.dumps(part, ensure_ascii=False)[1:-1]
            in redactor.payload(secret.json, "input").decode()
            for part in secret.parts
        )
    }
    assert len(corpus) >= 400
    assert left <= TEMPLATES_NOT_YET


def test_harmless_templates_are_left_alone() -> None:
    """At most one in fifty answers of APIs, documents, logs and messages is changed."""
    redactor = Redactor(KEY)
    corpus = list(template_harmless())
    touched = [
        harmless.what
        for harmless in corpus
        if redactor.payload(harmless.json, "output") is not harmless.json
    ]
    assert len(corpus) >= 400
    assert len(touched) / len(corpus) <= WORST_SHARE_OF_FILES_TOUCHED, touched


def test_texts_are_redacted_as_payloads_are() -> None:
    """Messages and stacks, which aren't JSON, are redacted the same way."""
    redactor = Redactor(KEY)
    left = []
    for secret in secrets():
        for text in texts_in(json.loads(secret.json)):
            if any(part in text for part in secret.parts) and len(text) > 60:
                redacted = redactor.text(f"failed: {text}")
                left += [(secret.where, text) for part in secret.parts if part in redacted]
    assert left == []


def test_harmless_payloads_are_left_alone() -> None:
    """At most one harmless payload in a hundred is changed."""
    redactor = Redactor(KEY)
    corpus = list(payloads())
    touched = [
        (harmless.what, redactor.payload(harmless.json, "output"))
        for harmless in corpus
        if redactor.payload(harmless.json, "output") is not harmless.json
    ]
    assert len(corpus) >= 300
    assert len(touched) / len(corpus) <= WORST_SHARE_TOUCHED, touched


@pytest.mark.parametrize("place", ["a value", "a sentence", "a name", "JSON in text", "a number"])
def test_known_secrets_are_removed_however_they_are_written(place: str) -> None:
    """A known secret is removed raw, and in every encoding that the redactor searches."""
    redactor = Redactor(KEY, secrets=KNOWN)
    for secret in KNOWN:
        for encoding, written in encodings(secret).items():
            value: Any = {
                "a value": {"x": written},
                "a sentence": {"x": f"sent «{written}» to a"},
                "a name": {written: 1},
                "JSON in text": {"x": json.dumps({"y": [written]})},
                "a number": [1, written],
            }[place]
            for ensure_ascii in (True, False):
                output = redactor.payload(
                    json.dumps(value, ensure_ascii=ensure_ascii).encode(), "input"
                ).decode()
                core = written[4:-12] if encoding.startswith("base64") else written
                seen = "\n".join([output, *texts_in(json.loads(output))])
                assert core not in seen, encoding
                assert secret not in seen, encoding
                assert "[REDACTED:" in output, encoding


def test_nothing_of_a_known_secret_can_be_decoded_from_what_is_left() -> None:
    """The text beside a secret's base64 decodes to at most one byte of the secret at each end."""
    secret = KNOWN[0]
    redactor = Redactor(KEY, secrets=[secret])
    for before in range(3):
        encoded = base64.b64encode(b"abc"[:before] + secret.encode() + b" and more").decode()
        left = redactor.text(encoded)
        kept = left.split("[REDACTED:", maxsplit=1)[0] + left.split("]", maxsplit=1)[1]
        assert len(encoded) - len(kept) >= len(secret.encode()) * 4 // 3
