"""Which names hold secrets, and which names only describe secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.names import Names, Secrecy
from support.secrets import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets_are_known(name: str) -> None:
    """
    Secret names are known in any case and with any separator.

    They are known in compounds and in other languages than English.
    """
    assert Names().secrecy(name.encode()) == Secrecy.WHOLE


@pytest.mark.parametrize(
    "name",
    [
        "max_tokens", "maxTokens", "total_tokens", "prompt_tokens", "token_count", "tokenizer",
        "next_page_token", "token_type", "token_url", "secretary", "secret_name", "secretArn",
        "author", "authority", "authorized", "authorization_url", "auth_type", "passenger",
        "compass", "passed", "pass_rate", "password_required", "passwordLength", "password_policy",
        "cookie_consent", "cookiePolicy", "keyboard", "monkey", "primaryKey", "public_key",
        "ssh_public_key", "publishable_key", "sort_key", "partition_key", "api_key_id",
        "access_key_count", "cardinality", "opinion", "patch", "inside", "design", "",
        "-", "a" * 65 + "password",
    ],
)  # fmt: skip
def test_names_that_only_tell_of_secrets_are_plain(name: str) -> None:
    """Names that describe a secret, and words that resemble secret names, hold no secret."""
    assert Names().secrecy(name.encode()) == Secrecy.PLAIN


@pytest.mark.parametrize("name", ["tokens", "sid", "session_id", "sessionId", "token_id", "sig"])
def test_doubtful_names_depend_on_their_values(name: str) -> None:
    """The value under an ambiguous name is removed only if the value looks random."""
    assert Names().secrecy(name.encode()) == Secrecy.GUESSED


@pytest.mark.parametrize(
    "name",
    [
        "hasło", "HASŁO", "haslo", "contraseña", "Contrasena", "şifre", "Şifre", "parolă", "heslo",
        "пароль", "ПАРОЛЬ", "密码", "パスワード", "비밀번호", "كلمة المرور", "पासवर्ड",
        "ｐａｓｓｗｏｒｄ", "pass\u200bword", "password🔑",
    ],
)  # fmt: skip
def test_names_are_known_in_many_languages_however_they_are_encoded(name: str) -> None:
    """A name is judged alike as UTF-8 and with escapes, and its value is removed."""
    escaped = json.dumps(name)[1:-1]
    assert Names().secrecy(name.encode()) == Secrecy.WHOLE
    assert Names().secrecy(escaped.encode()) == Secrecy.WHOLE
    redactor = Redactor(b"k" * 32)
    for ensure_ascii in (True, False):
        payload = json.dumps({name: "abcdef"}, ensure_ascii=ensure_ascii).encode()
        assert b"abcdef" not in redactor.payload(payload, "input")
        payload = json.dumps(
            {"t": json.dumps({name: "abcdef"})}, ensure_ascii=ensure_ascii
        ).encode()
        assert b"abcdef" not in redactor.payload(payload, "input")


@pytest.mark.parametrize("name", ["key", "private", "sk", "code", "sid"])
def test_short_names_are_secret_only_with_random_values(name: str) -> None:
    """A short name removes a random value, and leaves a word or a number."""
    redactor = Redactor(b"k" * 32)
    for value, removed in (("VrpQAPf5d6NTYTEgL4JcUyeE", True), ("order-42", False), (True, False)):
        payload = json.dumps({name: value}).encode()
        assert (redactor.payload(payload, "input") != payload) is removed


def test_what_is_remembered_is_bounded() -> None:
    """The cache of names is bounded. A payload with a million names costs no lasting memory."""
    names = Names()
    for number in range(20_000):
        names.secrecy(b"name%d" % number)
    judge: Any = names.judge
    assert judge.cache_info().currsize <= 8192
