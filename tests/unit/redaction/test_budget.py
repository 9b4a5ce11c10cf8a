"""A text too dense to be read loses its rest; other texts are read to their end."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.budget import (
    REGULAR_BYTES,
    STEP,
    Budget,
    TooDenseError,
    regular_end,
    remove_rest,
)
from flightlog.redaction.jsontext import Strings
from flightlog.redaction.spans import Spans

# Tracing would take two thirds of the time of these long texts.
pytestmark = pytest.mark.no_cover

REDACTOR = Redactor(b"k" * 32, secrets=["abcd"])
SECRET = "hunter2-left"
LENGTH = 150_000
DENSE = (
    *("password,{}\n", "mysql -p{}", "4111111111111111{} ", "a://b:c{}@", "<password{}>"),
    *('sid="{}', "token: a{} ", "password is {} ", "abcd,{}"),
    "INSERT INTO t (a, password) VALUES ({},",
)


def repeated(part: str) -> str:
    """Repeat a text, with a sign that varies, to a length at which it is too dense."""
    rng = Random(part)
    return "".join(part.format(rng.choice("-_~")) for _ in range(LENGTH // len(part)))


@pytest.mark.parametrize("part", DENSE)
def test_the_rest_of_a_dense_text_is_removed(part: str) -> None:
    """No secret behind the dense part is left, however it is written."""
    text = f"{repeated(part)}\n\npassword: {SECRET}\n"
    redacted = REDACTOR.text(text)
    assert SECRET not in redacted
    assert redacted.startswith(text[:8]) or "[REDACTED:" in redacted[:40]


@pytest.mark.parametrize("part", DENSE)
def test_the_strings_beside_a_dense_string_stay(part: str) -> None:
    """The rest of the dense string goes; the other members of the object are judged as ever."""
    payload = {"before": "kept", "log": repeated(part), "after": "kept", "password": SECRET}
    redacted = json.loads(REDACTOR.payload(json.dumps(payload).encode(), "input"))
    assert redacted["before"] == redacted["after"] == "kept"
    assert redacted["password"].startswith("[REDACTED:")
    assert len(redacted["log"]) < 3 * LENGTH


@pytest.mark.parametrize(
    "items",
    [
        ["token", "pin"],
        [["key"], ["pin"]],
        [["pin", 1], ["pin", 23]],
        [{"pw": 1}, {"pin": 1}],
    ],
)
def test_dense_json_ends_early(items: list[Any]) -> None:
    """JSON of nothing but names and numbers stays JSON, without what follows the dense part."""
    drawn = Random("dense").choices(items, k=4 * LENGTH // len(json.dumps(items[0])))
    payload = {"items": drawn, "password": SECRET}
    redacted = REDACTOR.payload(json.dumps(payload).encode(), "input")
    assert json.loads(redacted)["items"][0] is not None
    assert SECRET.encode() not in redacted
    assert len(redacted) < 2 * LENGTH


@pytest.mark.parametrize(
    "payload",
    [
        {f"key {number}": number for number in range(50_000)},
        [{"name": "X-Key", "value": number} for number in range(50_000)],
        [{"key": "a", "value": number} for number in range(50_000)],
        [{"token": number} for number in range(50_000)],
        list(range(4111_1111_1111_1111, 4111_1111_1111_1111 + 50_000, 100)),
    ],
    ids=["an object", "headers", "pairs", "numbers of tokens", "numbers"],
)
def test_long_lists_of_names_are_no_dense_text(payload: Any) -> None:
    """Harmless data is kept, however often it has the name of a secret."""
    text = json.dumps(payload).encode()
    assert len(json.loads(REDACTOR.payload(text, "input"))) == len(payload)


@pytest.mark.parametrize("name", ["code", "tokens", "sort_key"])
def test_long_lists_of_short_members_are_no_dense_text(name: str) -> None:
    """A member whose name may hold a secret costs less than its length, if it is a short word."""
    rng = Random(name)
    items = [{name: "".join(rng.choices("mnopqrst", k=4))} for _ in range(25_000)]
    payload = json.dumps(items).encode()
    assert REDACTOR.payload(payload, "input") is payload


def test_many_secrets_are_no_dense_text() -> None:
    """A long list of logins loses its passwords alone."""
    logins = [{"user": f"bob{number}", "password": f"hunter{number}"} for number in range(5_000)]
    redacted = json.loads(REDACTOR.payload(json.dumps(logins).encode(), "input"))
    assert [login["user"] for login in redacted] == [login["user"] for login in logins]
    assert all(login["password"].startswith("[REDACTED:") for login in redacted)


ROWS = 20_000


@pytest.mark.parametrize(
    "payload",
    [
        "user,password,city\n" + "".join(f"bob,hunter{row},Paris\n" for row in range(ROWS)),
        "INSERT INTO t (name, password, city) VALUES "
        + ", ".join(f"('bob', 'hunter{row}', 'Paris')" for row in range(ROWS)),
        [["name", "password", "city"], *(["bob", f"hunter{row}", "Paris"] for row in range(ROWS))],
        [
            {
                "note": "a login of the shop",
                "password": {"status": "Paris", "value": f"hunter{row}"},
            }
            for row in range(ROWS)
        ],
    ],
    ids=["CSV", "SQL", "columns", "containers"],
)
def test_long_tables_are_no_dense_text(payload: Any) -> None:
    """A table is read ahead, and pays with its own length."""
    text = json.dumps(payload).encode()
    redacted = REDACTOR.payload(text, "input")
    assert redacted.count(b"Paris") == ROWS
    assert redacted.count(b"[REDACTED:") == ROWS
    assert b"hunter" not in redacted


def test_a_text_that_is_cut_within_a_name_loses_the_whole_name() -> None:
    """JSON ends before the string in which the look ends."""
    text = b'["a", {"token": "x"}, 12, {"b": "token"}]'
    for place in range(len(text)):
        spans = Spans()
        remove_rest(text, place, spans, Strings(text))
        start, end, _, _ = next(spans.merged(text))
        assert (end, text[start - 1 : start].isalnum()) == (len(text), False)


def test_a_text_pays_with_its_length_and_its_credit() -> None:
    """Steps are free up to the credit; what a text leaves is the next one's."""
    budget = Budget(credit=10)
    budget.pay(30, place=20)
    with pytest.raises(TooDenseError) as raised:
        budget.pay(1, place=20)
    assert raised.value.place == 20
    budget.settle(50)
    assert (budget.credit, budget.spent) == (29, 0)


def test_each_text_has_a_budget_of_its_own() -> None:
    """Some steps are free, so a short text is read whatever is in it."""
    assert Budget().credit > 1_000 * STEP


@pytest.mark.parametrize(
    "item",
    ["password,\n", "<password>", '{"name": "X-Key", "value": %d}, ', '"key %d": %d, ', "key "],
)
def test_the_items_of_a_regular_part_are_passed(item: str) -> None:
    """The end is the same place in a later item, with `REGULAR_BYTES` of items behind it."""
    text = "".join(
        item.replace("%d", str(number)) for number in range(10_000, 10_000 + LENGTH // len(item))
    ).encode()
    size = len(item.replace("%d", "12345"))
    start = -(-REGULAR_BYTES // size) * size
    end = regular_end(text, start)
    assert len(text) - REGULAR_BYTES - 2 * size <= end <= len(text) - REGULAR_BYTES
    assert (end - start) % size == 0


@pytest.mark.parametrize(
    "item",
    [
        '{"key": "value %d"}, ',
        '{"key": 12345678%d}, ',
        "41111111111%d ",
        '"key%d": "abcdefghijkl", ',
        f"password, {'and a long item of many other words ' * 4}",
    ],
)
def test_other_parts_are_read(item: str) -> None:
    """Digits in texts, long numbers and names of texts may be secret; long items are rare."""
    text = "".join(item.replace("%d", str(number)) for number in range(10_000, 13_000)).encode()
    assert regular_end(text, 2 * REGULAR_BYTES) == 2 * REGULAR_BYTES


@pytest.mark.parametrize("item", ["password,\n", '{"name": "X-Key", "value": 1}, ', "password is "])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_secret_in_a_regular_part_is_found(item: str, share: float) -> None:
    """Only items that equal those that were read are passed."""
    count = LENGTH // len(item)
    before = int(count * share)
    text = item * before + f"\napi_key: {SECRET}\n" + item * (count - before)
    assert REDACTOR.text(text).count("[REDACTED:") == 1
    assert SECRET not in REDACTOR.text(text)
