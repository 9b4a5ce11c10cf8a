"""The meaning of queries, and the texts of errors."""

from __future__ import annotations

import pytest

from flightlog.errors import InvalidQueryError
from flightlog.query import parse, write_query
from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Costs,
    Exact,
    Fragment,
    Not,
    Or,
    Part,
    Pattern,
)
from flightlog.query.fields import FIELDS
from flightlog.query.parser import split_terms
from support.queries import READER


def word(text: str) -> Condition:
    """Make the condition of free text."""
    return Condition("text", Exact(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("declined", word("declined")),
        ("a b", And((word("a"), word("b")))),
        ("a AND b", And((word("a"), word("b")))),
        ("a b OR c", Or((And((word("a"), word("b"))), word("c")))),
        ("a (b OR c)", And((word("a"), Or((word("b"), word("c")))))),
        ("NOT a b", And((Not(word("a")), word("b")))),
        ('"a  b"', word("a  b")),
        ('"AND"', word("AND")),
        ("and or not", And((word("and"), word("or"), word("not")))),
        ('~"declined by"', Condition("text", Part("declined by"))),
        ("*@example.com", Condition("text", Pattern("*@example.com"))),
        ("status:ERROR", Condition("status", Exact("error"))),
        ("status:(error, crashed)", Condition("status", AnyOf((Exact("error"), Exact("crashed"))))),
        (
            "status:(error OR running)",
            Condition("status", AnyOf((Exact("error"), Exact("running")))),
        ),
        ('workflow:"Order intake"', Condition("workflow", Exact("Order intake"))),
        ("error.kind:timeout", Condition("error.kind", Exact("timeout"))),
        ('error:"timed out"', Condition("error", Exact("timed out"))),
        ("duration:>2s", Condition("duration", Between(low="2000ms", with_low=False))),
        ("duration:1s..1.5min", Condition("duration", Between("1000ms", "90000ms"))),
        ("tokens:>12.5k", Condition("tokens", Between(low="12500", with_low=False))),
        ("tokens:1k..<2M", Condition("tokens", Between("1000", "2000000", with_high=False))),
        ("cost:<=$0.05", Condition("cost", Costs(Between(high="0.05"), READER.read_prices()))),
        ("tag:acme", Condition("tag", Exact("acme"))),
        ("tag.env:prod", Condition("tag", Exact("prod"), ("env",))),
        ("trigger.type:http", Condition("trigger.type", Exact("http"))),
        ("trigger.body.type:x", Condition("trigger", Exact("x"), ("body", "type"))),
        ("output.items[].sku:A-17", Condition("output", Exact("A-17"), ("items", "sku"))),
        ("output.items[0]:7", Condition("output", Exact("7", is_literal=True), ("items", 0))),
        ('output.a:"7"', Condition("output", Exact("7"), ("a",))),
        ('output."a.b":""', Condition("output", Exact(""), ("a.b",))),
        ("output.status:>=500", Condition("output", Between(low="500"), ("status",))),
        ("any.n:1..<5", Condition("any", Between("1", "5", with_high=False), ("n",))),
        ("any.v:a..b", Condition("any", Exact("a..b"), ("v",))),
        ('{"sku": "A-17"}', Condition("any", Fragment('{"sku":"A-17"}'))),
        ('"sku": ["A-17"],', Condition("any", Fragment('{"sku":["A-17"]}'))),
    ],
)
def test_text_becomes_an_expression(text: str, expected: object) -> None:
    """Each form of the grammar has its tree."""
    assert parse(text, READER) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/orders?id=7&x=a:b#c",
        "jane.doe+test@example.com",
        "0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d",
        "2026-11-22T19:04:11.250Z",
        "12:30",
        "localhost:3000/x",
        "api.example.com:8080",
        "10.0.0.1:8080",
        "fe80::1",
        "C:\\orders\\7.json",
        "/var/log/orders.log",
        "urn:isbn:0451450523",
        "arn:aws:s3:::bucket",
        "charge(order)",
        "user:7021:profile",
        "-5",
    ],
)
def test_pasted_text_needs_no_quotation_marks(text: str) -> None:
    """Ids, addresses, times and paths are one word, although some of them have a colon."""
    assert parse(text, READER) == word(text)


def test_a_pasted_sentence_is_its_words() -> None:
    """A colon before a blank belongs to the word."""
    found = parse("error: card declined (code 51) by bank: retry", READER)
    assert isinstance(found, And)
    assert write_query(found) == '"error:" card declined (code "51") by "bank:" retry'


@pytest.mark.parametrize(
    "text", ["a)", ":-)", "((a", "()", '"a', 'File "app.py', "(see 1) or b) )"]
)
def test_text_without_syntax_is_its_words(text: str) -> None:
    """Only in a query is a parenthesis or a quotation mark without a partner an error."""
    found = parse(text, READER)
    terms = found.terms if isinstance(found, And) else (found,)
    assert terms == tuple(word(each) for each in text.split())
    assert split_terms(text, READER) == tuple(text.split())


@pytest.mark.parametrize(
    ("text", "column", "fault", "hint"),
    [
        ("status:failed", 8, "`failed` is no value of `status`", "`status:error`"),
        ("a stats:error", 3, "there is no field `stats`", "`status:`"),
        ("customerId:7", 1, "there is no field `customerId`", "`any.customerId:`"),
        ("status:", 8, "`status:` has no value", "running, success, error, crashed"),
        ("duration:fast", 10, "`duration` needs a duration", "2s"),
        ("tokens:many", 8, "`tokens` needs a number", "12k"),
        ("cost:>1e3", 7, "`cost` needs a number", "0.05"),
        ("started:soon", 9, "`started` needs a time", "yesterday"),
        ("started:9999-12-31..x", 9, "`started` needs a time", "-7d"),
        ("workflow:>5", 10, "`workflow` can't be compared by `>`", "workflow:"),
        ('error:"b', 7, "the quotation mark isn't closed", '`"`'),
        ("(status:error", 1, "the parenthesis isn't closed", "`)`"),
        ("a OR b)", 7, "`)` closes no parenthesis", "quotation marks"),
        ("() OR a", 1, "the parentheses hold no term", "quotation marks"),
        ("(stats:error", 2, "there is no field `stats`", "`status:`"),
        ("stauts:a:b", 1, "there is no field `stauts`", "`status:`"),
        ("a OR", 5, "a term is missing", "status:error"),
        ("OR a", 1, "`OR` stands between two terms", '"OR"'),
        ("status:(error", 8, "the list isn't closed", "`)`"),
        ("status:()", 8, "the list is empty", "status:(error,running)"),
        ("(" * 40 + "a", 32, "nested too deeply", "fewer"),
        ("NOT " * 40 + "a", 125, "nested too deeply", "fewer"),
        ("a " * 101, 201, "more than 100 terms", "Leave"),
        ("a) " * 101, 301, "more than 100 terms", "Leave"),
    ],
)
def test_an_error_names_the_column_and_a_remedy(
    text: str, column: int, fault: str, hint: str
) -> None:
    """The message says where and what, and the hint what was probably meant."""
    with pytest.raises(InvalidQueryError) as caught:
        parse(text, READER, "QUERY")
    assert caught.value.message.startswith(f"`QUERY` can't be read at column {column}: ")
    assert fault in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "at_fault", "suggestion"),
    [
        ("a status:failed b", "failed", "a status:error b"),
        ("status:(failed, running)", "failed", "status:(error, running)"),
        ('status:"failed"', '"failed"', "status:error"),
        ("a sttus:error", "sttus", "a status:error"),
        ("eror.kind:timeout", "eror.kind", "error.kind:timeout"),
        ("customerId:7", "customerId", None),
        ("started:soon b", "soon", None),
        ("duration:2s..fast", "2s..fast", None),
        ("(status:error", "(", "(status:error)"),
        ('error:"b', '"', 'error:"b"'),
        ("status:(error", "(", "status:(error)"),
        ("status:", "", None),
        ("Paid in cash AND", "", '"Paid in cash AND"'),
        ('OR is "no"', "OR", '"OR is \\"no\\""'),
        ("OR status:error", "OR", None),
        ("🙂 status:failed", "failed", "🙂 status:error"),
    ],
)
def test_an_error_has_the_characters_at_fault_and_a_query_that_works(
    text: str, at_fault: str, suggestion: str | None
) -> None:
    """The suggestion is a whole query; a pasted text without fields is suggested as one value."""
    with pytest.raises(InvalidQueryError) as caught:
        parse(text, READER)
    fault = caught.value.fault
    assert fault is not None
    start = fault.column - 1
    assert text[start : start + fault.length] == at_fault
    assert fault.text == text
    assert fault.suggestion == suggestion
    if suggestion is not None:
        parse(suggestion, READER)


def test_a_long_pasted_text_is_suggested_as_one_value() -> None:
    """Over 100 words are no query, but one value."""
    text = "word " * 101
    with pytest.raises(InvalidQueryError) as caught:
        parse(text, READER)
    assert caught.value.fault is not None
    suggestion = caught.value.fault.suggestion
    assert suggestion == f'"{text.strip()}"'
    assert parse(suggestion, READER) == word(text.strip())


def test_a_long_query_is_an_error() -> None:
    """The limit is in the message."""
    with pytest.raises(InvalidQueryError, match="4,001 characters"):
        parse("x" * 4_001, READER)


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_every_example_is_a_query(field: object) -> None:
    """The examples of the table can be pasted."""
    found = parse(field.example, READER)  # type: ignore[attr-defined]
    assert found is not None
