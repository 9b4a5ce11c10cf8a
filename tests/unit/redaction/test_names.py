"""Which names hold secrets, and which names only describe secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.redaction.keys import Names
from flightlog.redaction.vocabulary import PHRASES, Secrecy
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
        "ssh_public_key", "publishable_key", "sort_key", "partition_key", "key", "api_key_id",
        "access_key_count", "private", "cardinality", "opinion", "patch", "inside", "design", "",
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


words = st.sampled_from(
    [*{word for phrase in PHRASES for word in phrase}, "db", "my", "max", "2", "Sid", "pin", "ssn"]
)
joints = st.sampled_from(["", "_", "-", ".", " "])


@given(st.lists(st.tuples(words, joints, st.booleans()), min_size=1, max_size=4))
def test_every_name_of_a_secret_holds_a_needle(parts: list[tuple[str, str, bool]]) -> None:
    """
    Every secret name contains a search string of the first pass.

    The claim holds for a name's words in any case, joined with any single separator.
    """
    joint = parts[0][1]
    name = joint.join(word.title() if capital else word for word, _, capital in parts)
    if Names().secrecy(name.encode()):
        folded = name.lower().encode() + b'"'
        assert any(needle in folded for needle in Names().needles())


def test_what_is_remembered_is_bounded() -> None:
    """The cache of names is bounded. A payload with a million names costs no lasting memory."""
    names = Names()
    for number in range(20_000):
        names.secrecy(b"name%d" % number)
    assert len(names._known) <= 8192
