"""
Names that hold secrets: `password`, `apiKey`, `X-Amz-Security-Token`, `stripe_secret_key`.

A name is judged by its words, however they are joined, and by what stands around them:
`max_tokens`, `secret_name` and `password_required` tell of a secret and hold none. What becomes of
the value is the business of `jsontext` and `assignments`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from itertools import product
from typing import Final, TypeAlias

Words: TypeAlias = tuple[str, ...]


class Secrecy(IntEnum):
    """What a name says of its value."""

    PLAIN = 0
    """Nothing."""
    GUESSED = 1
    """Secret if it looks random, e.g. of `sid` and `tokens`."""
    TEXT = 2
    """Secret if it is text, or a list of texts, e.g. of `auth` and `pass`."""
    WHOLE = 3
    """Secret, with everything in it."""


LONGEST_NAME: Final = 64
"""In bytes; what is longer is prose."""

_MOST_NAMES_KNOWN: Final = 8192
_KEY_OWNERS: Final = (
    "api access secret private signing signature encryption decryption crypto cipher aes hmac rsa "
    "dsa ecdsa pgp gpg ssh ssl tls master root admin auth authentication account shared service "
    "session subscription app application client consumer license deploy webhook write ingest "
    "instrumentation function functions host recovery security login wallet bot webapi"
).split()
_PHRASES: Final[dict[Words, Secrecy]] = {
    **dict.fromkeys(product(_KEY_OWNERS, ("key", "keys")), Secrecy.WHOLE),
    **{
        tuple(phrase.split()): Secrecy.WHOLE
        for phrase in (
            "password|passwords|passwd|passwort|passphrase|passcode|pwd|kennwort|contraseña|"
            "contrasena|senha|mot de passe|motdepasse|wachtwoord|lösenord|salasana|adgangskode|"
            "пароль|密码|密碼|パスワード|비밀번호|secret|secrets|token|credential|credentials|creds|"
            "authorization|authorisation|cookie|cookies|jwt|otp|totp|cvv|cvc|mnemonic|"
            "apikey|apikeys|connection string|conn string|conn str|connstr|seed phrase|"
            "recovery phrase|recovery code|recovery codes|backup code|backup codes|"
            "verification code|security code|auth code|mfa code|one time code|code verifier|"
            "card number|cc number|card no|amz signature|goog signature|access signature|"
            "social security number|secret id"
        ).split("|")
    },
    **{tuple(phrase.split()): Secrecy.TEXT for phrase in ("pass", "auth", "credit card", "cc num")},
    **{
        tuple(phrase.split()): Secrecy.GUESSED
        for phrase in ("tokens", "sessid", "session id", "access code", "device code", "token id")
    },
}
_LAST_WORDS: Final = {
    "ssn": Secrecy.WHOLE,
    "dsn": Secrecy.WHOLE,
    "bearer": Secrecy.WHOLE,
    "pin": Secrecy.TEXT,
    "sid": Secrecy.GUESSED,
    "pat": Secrecy.GUESSED,
    "sig": Secrecy.GUESSED,
}
"""So short that they count only at the end of a name."""
_ENDINGS: Final = {
    **dict.fromkeys(
        "password passwd passwort passphrase passcode secret token apikey secretkey accesskey "
        "privatekey authkey signingkey encryptionkey masterkey accountkey sharedkey sharedaccesskey "
        "cookie credential credentials authorization connectionstring pwd dbpass userpass smtppass "
        "sshpass ftppass mailpass authpass rootpass adminpass proxypass".split(),
        Secrecy.WHOLE,
    ),
    "tokens": Secrecy.GUESSED,
    "sessionid": Secrecy.GUESSED,
    "sessid": Secrecy.GUESSED,
}
"""Words written as one, e.g. `dbpassword`, `PHPSESSID`."""
_BEGINNINGS: Final = frozenset(
    f"password{rest}"
    for rest in ("confirm", "confirmation", "repeat", "again", "new", "old", "hash", "value")
)
_TELL_OF_IT: Final = frozenset(
    "count counts counter limit limits length len size sizes type types name names uri url urls "
    "endpoint path paths file filename filepath dir directory expiry expire expires expired "
    "expiration in at ttl age policy policies required requires enabled disabled allowed valid "
    "invalid validity verified strength hint hints label placeholder id ids arn usage used budget "
    "index idx status state version format encoding algorithm alg method methods provider source "
    "location rotation created updated modified changed date time timestamp min max rate cost "
    "price per consent banner preference preferences notice accepted domain samesite secure "
    "httponly error errors message reason scope scopes flow mode issuer audience class kind "
    "description title manager field fields attempts retries tries failures set requirements "
    "user username email login group role host hostname port realm ring present missing exists "
    "santa sauce window ids details needed remaining left estimate logprob logprobs probs "
    "probability score scores embedding embeddings lengths offset offsets position positions".split()
)
"""Words after a secret's that make the name one of its circumstances."""
_HARMLESS_TOKENS: Final = frozenset(
    "max min total num next page continuation pagination sync prompt completion reasoning cached "
    "cancellation stop pad eos bos unk mask cls sep special unexpected".split()
)
_PUBLIC: Final = frozenset({"public", "pub", "publishable"})
_LETTER: Final = r"(?:[a-z]|[^\W\d_A-Za-z])"
_WORD: Final = re.compile(rf"[A-Z]+(?!{_LETTER})|[A-Z]?{_LETTER}+|[0-9]+")
_SHORTEST_ENDING: Final = min(map(len, _ENDINGS))
_JOINTS: Final = ("", "_", "-", " ", ".")
AFTER_LAST_WORDS: Final = "\"'\\=:"
"""One of these follows a name that ends in so short a word, in needles too."""
_NEEDLES: Final = (
    "pass pwd kennwort contraseña contrasena senha wachtwoord salasana adgangskode secret token credential "
    "creds auth cookie jwt otp cvv cvc mnemonic connstr sessid apikey lösenord пароль "
    "Пароль ПАРОЛЬ 密码 密碼 パスワード 비밀번호"
).split()


class Names:
    """
    Judges names, and remembers what it found.

    Args:
        further: Names that hold secrets besides those known here.
    """

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._further = {tuple(words) for name in further if (words := _words(name))}
        phrases = _PHRASES | dict.fromkeys(self._further, Secrecy.WHOLE)
        self._by_first: dict[str, list[tuple[Words, Secrecy]]] = {}
        for phrase, secrecy in phrases.items():
            self._by_first.setdefault(phrase[0], []).append((phrase, secrecy))
        self._joined = {"".join(words) for words in self._further}
        self._known: dict[bytes, Secrecy] = {}

    def secrecy(self, name: bytes) -> Secrecy:
        """
        Judge a name.

        Args:
            name: As UTF-8.
        """
        known = self._known.get(name)
        if known is not None:
            return known
        judged = Secrecy.PLAIN
        if len(name) <= LONGEST_NAME:
            judged = self._judge(name.decode(errors="replace"))
            if len(self._known) >= _MOST_NAMES_KNOWN:
                self._known.clear()
            self._known[name] = judged
        return judged

    def needles(self) -> set[bytes]:
        """Texts, in lower case, of which every name that isn't plain holds at least one."""
        needles = set(_NEEDLES)
        for phrase in (*_PHRASES, *self._further):
            if len(phrase) > 1 or phrase in self._further:
                needles.update(joint.join(phrase) for joint in _JOINTS)
        needles.update(word + after for word in _LAST_WORDS for after in AFTER_LAST_WORDS)
        return {needle.encode() for needle in needles}

    def _judge(self, name: str) -> Secrecy:
        words = _words(name)
        if not words:
            return Secrecy.PLAIN
        found = _LAST_WORDS.get(words[-1], Secrecy.PLAIN)
        words = [word for word in words if not word.isdigit()]
        for start, word in enumerate(words):
            for phrase, secrecy in self._by_first.get(word, ()):
                end = start + len(phrase)
                if tuple(words[start:end]) == phrase and (
                    phrase in self._further or not _is_harmless(words, start, end)
                ):
                    found = max(found, secrecy)
            if len(word) > _SHORTEST_ENDING and _TELL_OF_IT.isdisjoint(words[start + 1 :]):
                found = max(found, _ending(word))
        joined = "".join(words)
        if joined in self._joined or joined.endswith("password"):
            return Secrecy.WHOLE
        return found


def _is_harmless(words: list[str], start: int, end: int) -> bool:
    if not _TELL_OF_IT.isdisjoint(words[end:]):
        return True
    if words[end - 1] in {"key", "keys"}:
        return not _PUBLIC.isdisjoint(words)
    return (
        words[start] in {"token", "tokens"} and start > 0 and words[start - 1] in _HARMLESS_TOKENS
    )


def _ending(word: str) -> Secrecy:
    if word in _BEGINNINGS:
        return Secrecy.WHOLE
    for ending, secrecy in _ENDINGS.items():
        if word.endswith(ending) and (word,) not in _PHRASES:
            return secrecy
    return Secrecy.PLAIN


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]
