"""Files of rules in the format of gitleaks: reading, choosing, and clear errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.redaction.tokens import TokenRules, chosen_rules, shipped_rules
from flightlog.redaction.tokens.rule_files import read_rules


def written(folder: Path, text: str, name: str = "rules.toml") -> Path:
    """Write a file of rules."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def secrets(file: Path, text: str) -> list[str]:
    """List what the rules of a file, and Flightlog's own rules, find in a text."""
    data = text.encode()
    found = TokenRules([str(file)]).find(data)
    return [data[start:end].decode() for start, end, _ in found]


RULE = """
[[rules]]
id = "part"
description = "A part number"
regex = '''(?i)part[\\s:=]{1,4}(x)?([a-z0-9]{8})'''
secretGroup = 2
entropy = 2.5
keywords = ["part"]
"""


def test_group_and_entropy_decide_on_the_secret(tmp_path: Path) -> None:
    """`secretGroup` is what is removed; a secret of less entropy stays."""
    file = written(tmp_path, RULE)
    assert secrets(file, "Part: a1b2c3d4, part: aaaaaaaa") == ["a1b2c3d4"]


@pytest.mark.parametrize(
    ("allowlist", "expected"),
    [
        ("regexes = ['''^a1''']", ["z9y8x7w6"]),
        ("stopwords = ['B2C3']", ["z9y8x7w6"]),
        ("regexTarget = 'match'\nregexes = ['''^Part''']", ["z9y8x7w6"]),
        (
            "condition = 'AND'\nregexes = ['''^a1''']\nstopwords = ['none']",
            ["a1b2c3d4", "z9y8x7w6"],
        ),
        ("condition = 'AND'\nregexes = ['''.''']\npaths = ['''x''']", ["a1b2c3d4", "z9y8x7w6"]),
        ("paths = ['''.*''']", ["a1b2c3d4", "z9y8x7w6"]),
    ],
)
@pytest.mark.parametrize("place", ["[[rules.allowlists]]", "[rules.allowlist]", "[[allowlists]]"])
def test_allowlists_keep_what_is_no_secret(
    tmp_path: Path, allowlist: str, expected: list[str], place: str
) -> None:
    """Allowlists of a rule, in the new and the old form, and of the whole file apply."""
    file = written(tmp_path, f"{RULE}\n{place}\n{allowlist}\n")
    assert secrets(file, "Part: a1b2c3d4 part: z9y8x7w6") == expected


def test_a_file_extends_another_and_disables_rules(tmp_path: Path) -> None:
    """Rules of an extended file are taken over, except for those that are disabled or replaced."""
    base = RULE + RULE.replace('"part"', '"piece"').replace("part[", "piece[")
    written(tmp_path, base, "base.toml")
    file = written(
        tmp_path,
        '[extend]\nuseDefault = true\npath = "base.toml"\ndisabledRules = ["piece", "npm-token"]\n',
    )
    rules, disabled = read_rules(file)
    assert [rule.id for rule in rules] == ["part"]
    assert disabled == ["piece", "npm-token"]
    ids = {rule.id for rule in chosen_rules([str(file)])}
    assert ids == {rule.id for rule in shipped_rules()} - {"npm-token"} | {"part"}


def test_rules_for_file_names_are_left_out(tmp_path: Path) -> None:
    """A rule for file names says nothing about payloads."""
    file = written(
        tmp_path,
        "[[rules]]\nid = 'a'\npath = '''p12$'''\n[[rules]]\nid = 'b'\nregex = '''b{9}'''\n"
        "path = '''x'''\n",
    )
    assert read_rules(file)[0] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[rules]]\nid = 'look'\nregex = '''(?<=a)b'''", "rule 'look'.*RE2 refuses"),
        ("[[rules]]\nid = 'back'\nregex = '''(a)\\1'''", "rule 'back'.*RE2 refuses"),
        ("[[rules]]\nid = 'e'\nregex = '''a*'''", "rule 'e'.*empty text"),
        ("[[rules]]\nid = 'g'\nregex = '''a'''\nsecretGroup = 3", "rule 'g'.*secretGroup is 3"),
        ("[[rules]]\nregex = '''a'''", "rule 1, which is no rule.*id"),
        ("[[rules]]\nid = 'k'\nregex = '''a'''\nkeywords = 'a'", "rule 'k'.*keywords"),
        (
            "[[rules]]\nid = 'l'\nregex = '''a'''\n[[rules.allowlists]]\nregexes = ['''(''']",
            "rule 'l'.*RE2 refuses",
        ),
        ("rules = 3", "another form"),
        ("[[rules", "no TOML"),
        ("[extend]\npath = 'rules.toml'", "too many files"),
        ("[extend]\npath = 'missing.toml'", "missing.toml, which can't be read"),
    ],
)
def test_an_invalid_file_is_refused_with_its_rule(tmp_path: Path, text: str, reason: str) -> None:
    """The error names the file, the rule and the reason."""
    with pytest.raises(InvalidSettingError, match=reason) as raised:
        TokenRules([str(written(tmp_path, text))])
    assert raised.value.setting == "redact_rules"
    assert str(tmp_path) in str(raised.value)


def test_an_unknown_id_is_refused() -> None:
    """A rule that doesn't exist can't be disabled."""
    with pytest.raises(InvalidSettingError, match="off:githib-token"):
        TokenRules(["off:githib-token"])
