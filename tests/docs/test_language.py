"""Comments, docstrings and documentation are in plain English: no banned phrase stands in them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT = Path(__file__).parents[2]
# The redaction package is going to be rebuilt; its prose is rewritten with its code.
NOT_YET = ROOT / "src" / "flightlog" / "redaction"
SOURCES = sorted(
    path
    for folder in ("src", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if NOT_YET not in path.parents
)
SCRIPTS = sorted(
    path
    for folder in ("viewer/src", "viewer/tests", "electron/src", "electron/test")
    for path in (ROOT / folder).rglob("*.ts*")
)
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "electron/*.md", "viewer/*.md")
    for path in ROOT.glob(pattern)
)

BANNED: Final = {
    "a sentence that begins with Who, Whose, What or Nobody": re.compile(
        r"(?:^|[.!?:]\s+|\n\s*\n\s*)(?:Who|Whoever|Whose|What|Whatever|Nobody)\s(?![^.!?\n]*\?)"
    ),
    "tell or told": re.compile(r"\b(?:tell|tells|told)\b", re.IGNORECASE),
    "somebody's business": re.compile(r"\bbusiness\b(?! (?:day|hour|logic|data))", re.IGNORECASE),
    "stranger": re.compile(r"\bstrangers?\b", re.IGNORECASE),
    "room": re.compile(r"\brooms?\b", re.IGNORECASE),
    "by chance once": re.compile(r"\bby chance once\b", re.IGNORECASE),
    "look at": re.compile(r"\blook(?:s|ed|ing)? at\b", re.IGNORECASE),
}
"""Each banned phrase by its name."""
SUSPECT: Final = re.compile(
    r"\b(?:Who|Whoever|Whose|What|Whatever|Nobody|(?i:tells?|told|business|strangers?|rooms?"
    r"|by[\s#]+chance[\s#]+once|look(?:s|ed|ing)?[\s#]+at))\b"
)
"""A word of each banned phrase. Files without one aren't parsed, which takes most of the time."""


class Prose(NamedTuple):
    """A comment, docstring or page, and the line where it begins."""

    line: int
    text: str


def prose_in_python(path: Path) -> Iterator[Prose]:
    """Find the comments and docstrings of a Python file."""
    source = path.read_text(encoding="utf-8")
    if SUSPECT.search(source) is None:
        return
    block: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            if block and line != last + 1:
                yield Prose(start, " ".join(block))
                block = []
            if not block:
                start = line
            block.append(re.sub(r"(?:noqa|type): ?[\w\[\], -]*", "", token.string.lstrip("# ")))
            last = line
    if block:
        yield Prose(start, " ".join(block))
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if (
                isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
            ):
                yield Prose(statement.lineno, statement.value.value)


def prose_in_script(path: Path) -> Iterator[Prose]:
    """Find the comments of a TypeScript file."""
    source = path.read_text(encoding="utf-8")
    for found in re.finditer(
        r"/\*\*?(.*?)\*/|(?<![:\"'])//[^\n]*(?:\n[ \t]*//[^\n]*)*", source, re.DOTALL
    ):
        text = re.sub(r"(?m)^[ \t]*(?://+|\*)[ \t]?", "", found[1] or found[0])
        yield Prose(source.count("\n", 0, found.start()) + 1, text)


def prose_in_page(path: Path) -> Iterator[Prose]:
    """Find the paragraphs of a page, without its code."""
    text = re.sub(
        r"```.*?```",
        lambda code: "\n" * code[0].count("\n"),
        path.read_text("utf-8"),
        flags=re.DOTALL,
    )
    text = re.sub(r"(?m)^#+ .*$", "", text)
    text = re.sub(r"`[^`\n]*`", "`code`", text)
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", text):
        yield Prose(line, re.sub(r"(?m)^[ \t]*(?:[#>*-]+|\|)[ \t]*", "", paragraph))
        line += paragraph.count("\n")


def faults(proses: Iterator[Prose], path: Path) -> list[str]:
    """List the banned phrases with their places."""
    found = []
    for prose in proses:
        text = re.sub(r"`[^`]*`|\"[^\"\n]*\"", "x", prose.text)
        for name, pattern in BANNED.items():
            for match in pattern.finditer(text.strip()):
                line = prose.line + text[: match.start()].count("\n")
                found.append(f"{path.relative_to(ROOT)}:{line}: {name}: {match[0].strip()!r}")
    return found


def test_comments_and_docstrings_are_plain() -> None:
    """No comment or docstring of a Python file uses a banned phrase."""
    assert len(SOURCES) > 20
    assert [fault for path in SOURCES for fault in faults(prose_in_python(path), path)] == []


def test_comments_of_scripts_are_plain() -> None:
    """No comment of a TypeScript file uses a banned phrase."""
    assert len(SCRIPTS) > 20
    assert [fault for path in SCRIPTS for fault in faults(prose_in_script(path), path)] == []


def test_pages_are_plain() -> None:
    """No page uses a banned phrase."""
    assert len(PAGES) > 20
    assert [fault for path in PAGES for fault in faults(prose_in_page(path), path)] == []
