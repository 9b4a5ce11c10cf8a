"""Names in the generated code."""

from __future__ import annotations

import ast
import keyword
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from flightlog.codegen.names import MAX_LENGTH, MODULES_TAKEN, Names, make_identifier

any_text = st.text() | st.text(st.sampled_from("\"'\\{}#\n\r\t\u2028\ud800 a:=%\x00\x0c\x85"))


@given(st.lists(any_text, max_size=30), st.booleans())
def test_names_are_identifiers_each_once_and_never_taken(
    texts: list[str], ascii_only: bool
) -> None:
    """No name is a keyword, a built-in name or a repetition, even after normalization."""
    names = Names({"workflow", "run"}, ascii_only=ascii_only)
    given_out = [names.give(text, otherwise="node") for text in texts]
    normalized = {unicodedata.normalize("NFKC", name) for name in given_out}
    assert len(normalized) == len(texts)
    assert normalized == set(given_out)
    assert not normalized & {
        "workflow",
        "run",
        "print",
        "None",
        *keyword.kwlist,
        *keyword.softkwlist,
    }
    for name in given_out:
        assert name.isidentifier()
        assert name.isascii() or not ascii_only
        assert name == name.lower()
        ast.parse(f"def {name}(): pass")


def test_names_read_as_the_text() -> None:
    """Words lose their accents, other scripts stay, and a taken name gets a number."""
    assert make_identifier("Charge the card!", otherwise="node") == "charge_the_card"
    assert make_identifier("fetchUserById", otherwise="node") == "fetch_user_by_id"
    assert make_identifier("Größe prüfen", otherwise="node") == "grosse_prufen"
    assert make_identifier("確認", otherwise="node") == "確認"
    assert make_identifier("確認", otherwise="workflow", ascii_only=True) == "workflow"
    assert make_identifier("7 days", otherwise="node") == "node_7_days"
    assert len(make_identifier("x" * 500, otherwise="node")) == MAX_LENGTH
    names = Names(MODULES_TAKEN, ascii_only=True)
    reported = [
        names.give(text, otherwise="workflow")
        for text in ("json", "app", "class", "Orders", "orders", "con")
    ]
    assert reported == [
        "json_workflow",
        "app_workflow",
        "class_workflow",
        "orders",
        "orders_2",
        "con_workflow",
    ]
