"""`flightlog redact` removes secrets from texts of any size, or says where they are."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.redact import read_pieces
from support.token_samples import token_sample

Flightlog = Callable[..., Any]
TOKEN = token_sample("github-token").secret


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Write a text with a token and a password."""
    file = tmp_path / "app.log"
    file.write_text(
        f'INFO started\nWARN héé {TOKEN} refused\n{{"user": "bob", "password": "hunter2 x"}}\n',
        encoding="utf-8",
    )
    return file


def test_redact_prints_the_text_without_secrets(flightlog: Flightlog, text: Path) -> None:
    """Everything but the secrets is printed as it is; equal secrets have equal placeholders."""
    ended = flightlog("redact", str(text))
    assert ended.code == 0
    printed = re.sub(r"\[REDACTED:[0-9a-f]{12}\]", "█", ended.out)
    assert printed == text.read_text(encoding="utf-8").replace(TOKEN, "█").replace("hunter2 x", "█")


def test_explain_says_line_column_and_rule_but_not_the_secret(
    flightlog: Flightlog, text: Path
) -> None:
    """Each place is named; of a long secret only its first characters are shown."""
    ended = flightlog("redact", "--explain", str(text))
    first, second = ended.out.splitlines()
    assert re.fullmatch(
        rf"2:10 +token:github-token +WARN héé {TOKEN[:4]}… \(40 characters\)", first
    )
    shown = re.escape('{"user": "bob", "password": "')
    assert re.fullmatch(rf"3:30 +[a-z:]+ +{shown}… \(9 characters\)", second)
    assert TOKEN not in ended.out
    assert "hunter2" not in ended.out
    assert "2 secrets would be removed." in ended.err
    lines = [
        json.loads(line)
        for line in flightlog("redact", "--explain", "--json", str(text)).out.splitlines()
    ]
    assert [(line["line"], line["column"], line["characters"]) for line in lines] == [
        (2, 10, 40),
        (3, 30, 9),
    ]


def test_rules_are_listed_added_and_left_out(
    flightlog: Flightlog, text: Path, tmp_path: Path
) -> None:
    """`--rules` lists the ids in force; a file adds rules and `off:ID` leaves one out."""
    own = tmp_path / "own.toml"
    own.write_text(
        "[[rules]]\nid = 'start'\ndescription = 'A start'\nregex = '''st[a-z]+ed'''\n",
        encoding="utf-8",
    )
    chosen = ("--redact-rules", str(own), "--redact-rules", "off:github-token")
    listed = flightlog("redact", "--rules", *chosen).out
    assert re.search("^start +A start$", listed, re.MULTILINE)
    assert "github-token " not in listed
    assert "jwt " in listed
    ended = flightlog("redact", *chosen, str(text))
    assert TOKEN in ended.out
    assert "INFO [REDACTED:" in ended.out


def test_a_file_that_cannot_be_read_is_named(flightlog: Flightlog, tmp_path: Path) -> None:
    """The message names the file and the reason."""
    ended = flightlog("redact", str(tmp_path / "none.log"))
    assert ended.code != 0
    assert "none.log" in ended.err


def found_words(data: bytes) -> list[tuple[int, int, str]]:
    """Find runs of `x` as if they were secrets."""
    return [(*found.span(), "x") for found in re.finditer(rb"x+", data)]


@pytest.mark.parametrize("between", [b"a", b"\n", b"ab\n" * 9])
@pytest.mark.parametrize("size", [1, 1_000, 100_000])
def test_pieces_join_to_the_text_and_split_no_secret(between: bytes, size: int) -> None:
    """A large text is read in bounded pieces; each secret is found once and whole."""
    secret = b"x" * size
    text = (between * 30_000 + secret) * 20
    joined, secrets = b"", []
    for piece, places in read_pieces(io.BytesIO(text), found_words):
        assert len(piece) <= 9 * 1024 * 1024
        joined += piece
        secrets += [piece[place.start : place.end] for place in places]
    assert joined == text
    assert secrets == [secret] * 20


def test_a_secret_larger_than_the_memory_is_removed_in_parts() -> None:
    """No part of a secret is left, however large the secret is."""
    text = b"a" + b"x" * 20_000_000 + b"a"
    left = b""
    for piece, places in read_pieces(io.BytesIO(text), found_words):
        assert len(piece) <= 9 * 1024 * 1024
        for place in reversed(places):
            piece = piece[: place.start] + piece[place.end :]  # noqa: PLW2901 - what is left of it
        left += piece
    assert left == b"aa"


def test_numbers_of_json_become_texts(flightlog: Flightlog, tmp_path: Path) -> None:
    """JSON without its secrets is JSON, also where a secret is a number."""
    file = tmp_path / "a.ndjson"
    file.write_text('{"cvv": 123,"password":456789}\n[{"password" : -1.5e3 }]\n')
    first, second = map(json.loads, flightlog("redact", str(file)).out.splitlines())
    values = [*first.values(), *second[0].values()]
    assert all(str(value).startswith("[REDACTED:") for value in values)


@pytest.mark.parametrize("form", ["utf-16", "utf-8-sig", "gzip"])
def test_compressed_and_encoded_files_are_read(
    flightlog: Flightlog, tmp_path: Path, form: str
) -> None:
    """A registry export in UTF-16 or a rotated log is read as the text that it holds."""
    text = 'INFO\n"DefaultPassword"="hunter2x9"\n'
    file = tmp_path / "export"
    file.write_bytes(gzip.compress(text.encode()) if form == "gzip" else text.encode(form))
    ended = flightlog("redact", str(file))
    assert ended.code == 0
    assert re.fullmatch(r'INFO\n"DefaultPassword"="\[REDACTED:[0-9a-f]{12}\]"\n', ended.out)


def test_damaged_file_is_an_error(flightlog: Flightlog, tmp_path: Path) -> None:
    """A compressed file that breaks off is reported, not read as far as it goes in silence."""
    file = tmp_path / "app.log.gz"
    file.write_bytes(gzip.compress(b"password=hunter2x9\n" * 100)[:-12])
    ended = flightlog("redact", str(file))
    assert ended.code == 2
    assert "app.log.gz, which can't be read to its end" in ended.err
    assert "hunter2" not in ended.out + ended.err


def test_json_needs_explain_or_rules(flightlog: Flightlog, text: Path) -> None:
    """`--json` alone is refused; with `--rules` it prints the rules as NDJSON."""
    refused = flightlog("redact", "--json", str(text))
    assert refused.code == 2
    assert "--explain" in refused.err
    rules = [json.loads(line) for line in flightlog("redact", "--rules", "--json").out.splitlines()]
    assert {"id", "description"} == set(rules[0])
    assert len(rules) >= 200
