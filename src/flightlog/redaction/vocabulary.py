"""
The words by which names are judged, and by which sentences are told from values.

Only words stand here; what follows from them is in `keys` and `prose`.
"""

from __future__ import annotations

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


def _words(text: str) -> list[str]:
    return text.split()


def _phrases(text: str) -> list[Words]:
    return [tuple(phrase.split()) for phrase in text.split("|")]


_KEY_OWNERS: Final = _words(
    "api access secret private signing signature encryption decryption crypto cipher aes hmac rsa "
    "dsa ecdsa pgp gpg ssh ssl tls master root admin auth authentication account shared service "
    "session subscription app application client consumer license deploy webhook write ingest "
    "instrumentation function functions host recovery security login wallet bot webapi"
)
PHRASES: Final[dict[Words, Secrecy]] = {
    **dict.fromkeys(product(_KEY_OWNERS, ("key", "keys")), Secrecy.WHOLE),
    **dict.fromkeys(
        _phrases(
            "password|passwords|passwd|passwort|passphrase|passcode|pwd|kennwort|contraseña|"
            "contrasena|senha|mot de passe|motdepasse|wachtwoord|lösenord|salasana|adgangskode|"
            "пароль|密码|密碼|パスワード|비밀번호|secret|secrets|token|credential|credentials|creds|"
            "authorization|authorisation|cookie|cookies|jwt|otp|totp|cvv|cvc|mnemonic|"
            "apikey|apikeys|connection string|conn string|conn str|connstr|seed phrase|"
            "recovery phrase|recovery code|recovery codes|backup code|backup codes|"
            "verification code|security code|auth code|mfa code|one time code|code verifier|"
            "card number|cc number|card no|amz signature|goog signature|access signature|"
            "social security number|secret id"
        ),
        Secrecy.WHOLE,
    ),
    **dict.fromkeys(_phrases("pass|auth|credit card|cc num"), Secrecy.TEXT),
    **dict.fromkeys(
        _phrases("tokens|sessid|session id|access code|device code|token id"), Secrecy.GUESSED
    ),
}
LAST_WORDS: Final = {
    "ssn": Secrecy.WHOLE,
    "dsn": Secrecy.WHOLE,
    "bearer": Secrecy.WHOLE,
    "pin": Secrecy.TEXT,
    "pw": Secrecy.TEXT,
    "sid": Secrecy.GUESSED,
    "pat": Secrecy.GUESSED,
    "sig": Secrecy.GUESSED,
}
"""So short that they count only at the end of a name."""
ENDINGS: Final = {
    **dict.fromkeys(
        _words(
            "password passwd passwort passphrase passcode secret token apikey secretkey accesskey "
            "privatekey authkey signingkey encryptionkey masterkey accountkey sharedkey "
            "sharedaccesskey cookie credential credentials authorization connectionstring pwd "
            "dbpass userpass smtppass sshpass ftppass mailpass authpass rootpass adminpass "
            "proxypass "
            "пароль 密码 密碼 パスワード 비밀번호"
        ),
        Secrecy.WHOLE,
    ),
    "tokens": Secrecy.GUESSED,
    "sessionid": Secrecy.GUESSED,
    "sessid": Secrecy.GUESSED,
}
"""Words written as one, e.g. `dbpassword`, `PHPSESSID`."""
BEGINNINGS: Final = frozenset(
    f"password{rest}"
    for rest in ("confirm", "confirmation", "repeat", "again", "new", "old", "hash", "value")
)
CIRCUMSTANCES: Final = frozenset(
    _words(
        "count counts counter limit limits length len size sizes type types name names uri url "
        "urls endpoint path paths file filename filepath dir directory expiry expire expires "
        "expired expiration in at ttl age policy policies required requires enabled disabled "
        "allowed valid invalid validity verified strength hint hints label placeholder id ids arn "
        "usage used budget index idx status state version format encoding algorithm alg method "
        "methods provider source location rotation created updated modified changed date time "
        "timestamp min max rate cost price per consent banner preference preferences notice "
        "accepted domain samesite secure httponly error errors message reason scope scopes flow "
        "mode issuer audience class kind description title manager field fields attempts retries "
        "tries failures set requirements user username email login group role host hostname port "
        "realm ring present missing exists santa sauce window ids details needed remaining left "
        "estimate logprob logprobs probs probability score scores embedding embeddings lengths "
        "offset offsets position positions"
    )
)
"""Words after a secret's that make the name one of its circumstances."""
HARMLESS_TOKENS: Final = frozenset(
    _words(
        "max min total num next page continuation pagination sync prompt completion reasoning "
        "cached cancellation stop pad eos bos unk mask cls sep special unexpected"
    )
)
PUBLIC: Final = frozenset({"public", "pub", "publishable"})
AFTER_LAST_WORDS: Final = "\"'\\=:"
"""One of these follows a name that ends in so short a word, in needles too."""
NEEDLES: Final = _words(
    "pass pwd kennwort contraseña contrasena senha wachtwoord salasana adgangskode secret token "
    "credential creds auth cookie jwt otp cvv cvc mnemonic connstr sessid apikey lösenord пароль "
    "Пароль ПАРОЛЬ 密码 密碼 パスワード 비밀번호"
)
PROSE: Final = frozenset(
    _words(
        "a an the is are was were be been being must should may might can could cannot can't not "
        "no of for from to in on at by with without and or but if as than that this these those it "
        "its your you we our their required missing invalid expired expires incorrect wrong denied "
        "failed failure rejected revoked unknown unexpected expected empty unset set changed "
        "updated reset try again please too short long weak only least most has have had does did "
        "do will would found error ok okay success succeeded created deleted enabled disabled "
        "optional accepted refused supported unsupported unauthorized forbidden malformed mismatch "
        "valid redacted hidden filtered masked removed sanitized end eof eol identifier"
    )
)
LITERALS: Final = frozenset(
    _words(
        "none null nil true false undefined nan str string bytes int integer float bool boolean "
        "any object dict list optional yes no on off required missing invalid expired ... bearer "
        "basic digest oauth oauth2 jwt header query cookie"
    )
)
