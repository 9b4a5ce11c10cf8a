"""
Read files of token rules, in the format of gitleaks, and choose the rules in force.

Parts of the format that need a file or a commit (`path`, `paths`, `commits`) have no meaning in a
payload: a rule or an allowlist that depends on them is left out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from flightlog.errors import InvalidSettingError
from flightlog.redaction.tokens.raw_patterns import compiled, raw_pattern

SETTING: Final = "redact_rules"
OFF: Final = "off:"
"""Begins an entry that disables the rule with this id: `off:jwt`."""
_MOST_EXTENSIONS: Final = 5


class Allowlist(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a rule finds and yet is no secret."""

    description: str = ""
    """For people."""
    condition: Literal["OR", "AND", "or", "and", "||", "&&"] = "OR"
    """Whether one of the criteria suffices, or all must hold."""
    regex_target: Literal["", "secret", "match", "line"] = "secret"
    """What `regexes` are searched in; `line` is taken as `match`."""
    regexes: tuple[str, ...] = ()
    """RE2 patterns."""
    stopwords: tuple[str, ...] = ()
    """Texts in the secret, in any case."""
    paths: tuple[str, ...] = ()
    """Patterns of file names; payloads have none."""
    commits: tuple[str, ...] = ()
    """Commits; payloads have none."""

    @property
    def needs_all(self) -> bool:
        """Whether all criteria must hold."""
        return self.condition.upper() in {"AND", "&&"}

    @property
    def is_usable(self) -> bool:
        """Whether the allowlist can apply to a payload."""
        depends_on_file = self.needs_all and bool(self.paths or self.commits)
        return bool(self.regexes or self.stopwords) and not depends_on_file


class TokenRule(Struct, frozen=True, kw_only=True, rename="camel"):
    """One rule; see the head of `rules.toml`."""

    id: str
    """The rule's name, unique among the rules in force."""
    description: str = ""
    """The token that the rule finds, for people."""
    regex: str = ""
    """An RE2 pattern; a rule without one is about file names."""
    secret_group: int = 0
    """The group that is the secret; 0 is the first group, or the match if there is no group."""
    entropy: float = 0.0
    """The least Shannon entropy of the secret, bits a character."""
    keywords: tuple[str, ...] = ()
    """Texts of which one stands in each match, in any case; a digit stands for any digit."""
    path: str = ""
    """A pattern of file names; payloads have none."""
    allowlists: tuple[Allowlist, ...] = ()
    """What is no secret."""


class _Extension(Struct, frozen=True, rename="camel"):
    path: str = ""
    disabled_rules: tuple[str, ...] = ()


class _RuleFile(Struct, frozen=True, rename="camel"):
    rules: tuple[dict[str, Any], ...] = ()
    allowlist: Allowlist | None = None
    allowlists: tuple[Allowlist, ...] = ()
    extend: _Extension = _Extension()


@cache
def shipped_rules() -> tuple[TokenRule, ...]:
    """
    Read Flightlog's own rules.

    Returns:
        The rules, in the order of the file.
    """
    text = Path(__file__).with_name("rules.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["rules"], tuple[TokenRule, ...])


def chosen_rules(entries: Iterable[str] = ()) -> tuple[TokenRule, ...]:
    """
    Choose the rules in force.

    Args:
        entries: Files of further rules, whose rules replace those with the same id; and `off:ID`
            for each rule to leave out.

    Returns:
        The rules.

    Raises:
        InvalidSettingError: A file can't be read, a rule is invalid, or no rule has a given id.
    """
    chosen = {rule.id: rule for rule in shipped_rules()}
    off = []
    for entry in entries:
        if entry.startswith(OFF):
            off.append(entry.removeprefix(OFF))
            continue
        added, disabled = read_rules(Path(entry))
        chosen |= {rule.id: rule for rule in added}
        # A file may disable rules of gitleaks that have no counterpart here.
        for rule_id in disabled:
            chosen.pop(rule_id, None)
    for rule_id in off:
        if rule_id not in chosen:
            raise InvalidSettingError(
                SETTING,
                f"has {OFF + rule_id!r}, but no rule has this id",
                hint="`flightlog redact --rules` shows the ids of all rules.",
            )
        del chosen[rule_id]
    return tuple(chosen.values())


def read_rules(path: Path, depth: int = 0) -> tuple[list[TokenRule], list[str]]:
    """
    Read a file of rules, and the files that it extends.

    Args:
        path: The file, TOML in the format of gitleaks.
        depth: The number of files that lead to this file.

    Returns:
        The rules that apply to payloads, and the ids that the file disables.

    Raises:
        InvalidSettingError: The file can't be read, or a rule is invalid.
    """
    content = _content(path)
    extended: list[TokenRule] = []
    disabled = list(content.extend.disabled_rules)
    if content.extend.path:
        if depth >= _MOST_EXTENSIONS:
            raise _invalid(path, "extends too many files", "At most 5 files may extend each other.")
        extended, also = read_rules(path.parent / content.extend.path, depth + 1)
        disabled += also
    shared = (*content.allowlists, *([content.allowlist] if content.allowlist else ()))
    own = list(_rules(path, content, shared))
    replaced = {rule.id for rule in own} | set(content.extend.disabled_rules)
    return [*(rule for rule in extended if rule.id not in replaced), *own], disabled


def _content(path: Path) -> _RuleFile:
    try:
        table = tomllib.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise _invalid(path, f"can't be read ({error.strerror})", "Name a TOML file.") from error
    except ValueError as error:
        raise _invalid(path, f"is no TOML ({error})", "Correct the file.") from error
    try:
        return msgspec.convert(table, _RuleFile)
    except msgspec.ValidationError as error:
        hint = "See docs/record/redaction.md."
        raise _invalid(path, f"has another form ({error})", hint) from error


def _rules(path: Path, content: _RuleFile, shared: tuple[Allowlist, ...]) -> Iterator[TokenRule]:
    for number, table in enumerate(content.rules, 1):
        name = f"rule {table.get('id') or number!r}"
        try:
            rule = msgspec.convert(_renewed(table), TokenRule)
        except msgspec.ValidationError as error:
            raise _invalid(path, f"has {name}, which is no rule ({error})", _HINT) from error
        if not rule.regex or rule.path:
            continue
        usable = tuple(part for part in (*rule.allowlists, *shared) if part.is_usable)
        rule = msgspec.structs.replace(rule, allowlists=usable)
        for reason in _faults(rule):
            raise _invalid(path, f"has {name}, {reason}", _HINT)
        yield rule


def _renewed(table: dict[str, Any]) -> dict[str, Any]:
    # Before version 8.25 of gitleaks, a rule had one allowlist.
    if "allowlist" not in table:
        return table
    return {**table, "allowlists": [table["allowlist"], *table.get("allowlists", ())]}


_HINT: Final = (
    "RE2 has no look-around and no back-references. Correct the rule, or remove it from the file."
)


def _faults(rule: TokenRule) -> Iterator[str]:
    patterns = [rule.regex, *(text for part in rule.allowlists for text in part.regexes)]
    for pattern in patterns:
        try:
            compiled(pattern)
        except ValueError as error:
            yield f"whose pattern {pattern!r} RE2 refuses ({error})"
            return
    whole = compiled(raw_pattern(rule.regex).text, captures=True)
    if whole.group_count < rule.secret_group:
        yield f"whose secretGroup is {rule.secret_group}, but it has {whole.group_count} groups"
    if whole.is_in(b""):
        yield "which matches the empty text"


def _invalid(path: Path, reason: str, hint: str) -> InvalidSettingError:
    return InvalidSettingError(SETTING, f"names {path}, which {reason}", hint=hint)
