"""Values that describe a secret, or stand for one, and values that look alike and are secrets."""

from __future__ import annotations

import pytest

from flightlog.redaction.descriptions import (
    is_constant,
    is_description,
    is_expression,
    is_label,
    may_describe,
)
from flightlog.redaction.names import Names

DESCRIPTIONS = (
    *("Das Feld muss ein Wort enthalten.", ":Attribute mora sadržavati slovo.", "^5.0.3"),
    *("1.0.0-alpha2", "https://id.example/oauth2/token", "${url}oauth/token", "API_SECRET"),
    *("Bearer ${token}", "RFC8628", "com.example.activity", "readToken()", "dsn://TOKEN@default"),
)
SECRETS = (
    *("correct horse battery staple", "hunter2", "Hunter2.", "1.2.3.4.5.6", "A1B2_C3D4"),
    *("https://example.org/s/8f14e45fceea167a5a36", "bob@example.org", "Summer 2026 in Rome."),
)


@pytest.mark.parametrize("value", DESCRIPTIONS)
def test_form_of_a_description_is_recognised(value: str) -> None:
    """A description is one at a closer look, and the quick check lets it through."""
    assert is_description(value.encode())
    assert may_describe(value.encode())


@pytest.mark.parametrize("value", SECRETS)
def test_secret_is_no_description(value: str) -> None:
    """Digits, small letters and random parts make a value a secret."""
    assert not is_description(value.encode())


def test_constant_is_named_after_a_secret() -> None:
    """Capital letters alone are no constant of a secret."""
    assert is_constant(b"ACCESS_TOKEN")
    assert not is_constant(b"HUNTER_TWO")
    assert not is_constant(b"access_token")


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ("Passwort", "password", True),
        ("Jeton API", "API Token", True),
        ("Facal-faire ùr", "New Password", True),
        ("нууц үг", "password", True),
        ("Number of attempts to log in", "submitted_password", True),
        ("Swordfish", "password", False),
        ("correct horse", "password", False),
        ("Geheim1", "password", False),
    ],
)
def test_label_is_a_name_or_a_phrase(value: str, name: str, expected: bool) -> None:
    """A secret's name in any language is a label; a word or a passphrase is none."""
    assert is_label(value.encode(), name.encode()) is expected


@pytest.mark.parametrize(
    ("value", "name", "after", "is_loose", "expected"),
    [
        ("refresh_token", "refresh_token", ",", False, True),
        ("save_token", "_save_token", "\n", True, True),
        ("codeVerifier", "code_verifier", ",", True, True),
        ("std::env::var(", "password", '"', True, True),
        ("sha256.Sum256([]byte(code", "verifier", ")", True, True),
        ("(string", "token", ")", True, True),
        ("@raw_token", "token", " ", True, True),
        ("Session", "auth", "|", True, True),
        ("EllipticCurvePrivateKey", "key", ")", True, True),
        ("auth_header", "HTTP_AUTHORIZATION", ",", False, True),
        ("root_password", "MYSQL_PASSWORD", "\n", False, False),
        ("gitlab_token", "access_token", "&", False, False),
        ("wordpress", "password", "\n", False, False),
        ("hunter2", "password", ")", False, False),
        ("swordfish", "password", " ", True, False),
    ],
)
def test_expression_of_source_code_is_recognised(
    value: str, name: str, after: str, is_loose: bool, expected: bool
) -> None:
    """A variable is named after the secret; a value of a setting or a query is a secret."""
    judged = Names().judge(name.encode())
    found = is_expression(value.encode(), judged, ord(after), is_loose=is_loose)
    assert found is expected
