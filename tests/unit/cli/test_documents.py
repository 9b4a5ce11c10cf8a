from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
import zstandard

from support.import_files import END, START, tricky_line, tricky_record

PRETTY = json.dumps(tricky_record("a"), indent=2, ensure_ascii=False)


DOCUMENTS = {
    "pretty": PRETTY + "\n" + PRETTY.replace('"a"', '"b"') + "\n",
    "glued": tricky_line("a").strip() + tricky_line("b").strip(),
    "glued-pretty": PRETTY + PRETTY.replace('"a"', '"b"'),
    "commas": tricky_line("a").strip() + ",\n" + tricky_line("b").strip() + ",\n",
    "blank-lines": "\n\n" + tricky_line("a") + "\n \t\n" + tricky_line("b") + "\n\n",
    "crlf": (tricky_line("a") + tricky_line("b")).replace("\n", "\r\n"),
    "pretty-array": json.dumps([tricky_record("a"), tricky_record("b")], indent=4),
    "array-of-lines": f"[\n{tricky_line('a').strip()},\n{tricky_line('b').strip()}\n]\n",
    "two-arrays": f"[{tricky_line('a').strip()}]\n[{tricky_line('b').strip()}]",
    "sequence": f"\x1e{tricky_line('a')}\x1e{tricky_line('b')}",
    "pretty-sequence": f"\x1e{PRETTY}\n\x1e{tricky_line('b')}",
    "list": json.dumps(
        {"executions": [tricky_record("a"), tricky_record("b")], "nextCursor": None}
    ),
    "pretty-list": json.dumps({"executions": [tricky_record("a"), tricky_record("b")]}, indent=2),
    "list-of-lines": f'{{"executions":[\n{tricky_line("a").strip()},\n{tricky_line("b")}]}}\n',
    "two-pages": "".join(
        json.dumps({"executions": [tricky_record(name)], "nextCursor": "x"}) + "\n" for name in "ab"
    ),
    "nan": tricky_line("a") + tricky_line("b", trigger={"type": "x", "data": float("nan")}),
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
        lambda text: gzip.compress(text.encode()),
        lambda text: gzip.compress(text[:300].encode()) + gzip.compress(text[300:].encode()),
        lambda text: zstandard.compress(text.encode()),
        lambda text: (
            zstandard.compress(text[:300].encode()) + zstandard.compress(text[300:].encode())
        ),
        lambda text: gzip.compress(zstandard.compress(text.encode("utf-16"))),
    ],
    ids=[
        "utf-8",
        "bom",
        "utf-16",
        "utf-16-be-without-mark",
        "utf-16-le-without-mark",
        "utf-16-be",
        "utf-32",
        "gzip",
        "gzip-members",
        "zstd",
        "zstd-frames",
        "nested",
    ],
)
def test_every_form_of_json_is_read_in_every_encoding(
    name: str, encode: Callable[[str], bytes], found: Callable[[bytes | str], list[str]]
) -> None:
    """Lines, documents and lists are read in every supported encoding and compression."""
    assert found(encode(DOCUMENTS[name])) == ["a", "b"]


DAMAGED = {
    "cut-line": (tricky_line("a")[:60] + "\n" + tricky_line("b"), ["b"], "line 1"),
    "cut-after-comma": ('{"id": "a",\n' + tricky_line("b"), ["b"], "line 1"),
    "cut-pretty": (PRETTY[:90] + "\n" + tricky_line("b"), ["b"], "line 1"),
    "comment": ("# backup\n" + tricky_line("b"), ["b"], "line 1"),
    "trailer": (tricky_line("a") + "Exported 1 execution.\n", ["a"], "line 2"),
    "wrong-field": (tricky_line("a", status="done") + tricky_line("b"), ["b"], "`$.status`"),
    "wrong-in-list": (
        json.dumps({"executions": [tricky_record("a"), tricky_record("b", status="done")]}),
        ["a"],
        "record 2",
    ),
    "trailing-comma": (f"[{tricky_line('a').strip()},]", [], "trailing comma"),
    "cut-sequence": (f"\x1e{tricky_line('a')[:50]}\x1e{tricky_line('b')}", ["b"], "line 1"),
    "zeros": (tricky_line("a") + "\0" * 600 + "\n" + tricky_line("b"), ["a", "b"], "line 2"),
    "cut-block": (
        (
            f"x | {START}\nx | {tricky_line('a')[:40]}\nx | {END}\n"
            f"x | {START}\nx | {tricky_line('b')}x | {END}\n"
        ),
        ["b"],
        "line 1",
    ),
    "cut-list": (tricky_line("a") + '{"executions":[' + tricky_line("b"), ["a"], "line 2"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_costs_only_itself_and_is_placed(
    name: str, refused: Callable[[bytes | str], tuple[list[str], str]]
) -> None:
    """The records before and after the damage are read."""
    content, expected, said = DAMAGED[name]
    names, reason = refused(content)
    assert names == expected
    assert said in reason
