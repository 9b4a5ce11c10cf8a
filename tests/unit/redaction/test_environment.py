"""Secrets in the variables of the environment."""

from __future__ import annotations

import pytest

from flightlog.redaction import environment_secrets


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_API_KEY", "q7f3k9x2m5"),
        ("GITHUB_TOKEN", "q7f3k9x2m5"),
        ("DB_PASSWORD", "Correct-Horse"),
        ("DJANGO_SECRET_KEY", "q7f3k9x2m5 !"),
        ("CLIENT_SECRET", "123456789012345678"),
        ("MY_CREDENTIALS", "b0b:hunter2"),
        ("PGPASSWORD", "averylongpasswordindeed"),
    ],
)
def test_values_of_secret_variables_are_taken(name: str, value: str) -> None:
    """The value of a secret variable counts if the value is unlikely to appear by chance."""
    assert environment_secrets({name: value}) == [value]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_API_KEY", "short1"),
        ("DB_PASSWORD", "password"),
        ("DB_PASSWORD", "localhost"),
        ("USE_TOKEN", "true"),
        ("API_KEY", "aaaaaaaaaaaa"),
        ("API_KEY", "12345678"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/google/key.json"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-x1/agent.1"),
        ("SECRETS", "C:\\secrets\\a1"),
        ("TOKEN_URL", "https://a.example/token1"),
        ("API_TOKEN", "https://a.example/token1"),
        ("PWD", "/home/bob1/project"),
        ("MAX_TOKENS", "q7f3k9x2m5"),
        ("HOME", "q7f3k9x2m5"),
    ],
)
def test_plain_values_are_left(name: str, value: str) -> None:
    """Short values, words, numbers and paths don't count, because other texts contain them."""
    assert environment_secrets({name: value}) == []


def test_passwords_in_urls_are_taken() -> None:
    """The password in a database's URL counts, because a password may appear without its URL."""
    url = "postgres://bob:q7f3k9x2m5@db/app"
    assert environment_secrets({"DATABASE_URL": url, "OTHER": url}) == ["q7f3k9x2m5"]
