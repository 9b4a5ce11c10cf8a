"""The details that a workflow gives for an execution."""

from __future__ import annotations

from collections import UserDict
from types import MappingProxyType
from typing import Any

import pytest

from flightlog.capture.details import ABSENT, clean_id, clean_tags, fill, split_trigger
from flightlog.record.model import Trigger
from flightlog.redaction import Redactor

REDACTOR = Redactor(b"k" * 32)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ("manual", ABSENT, None)),
        ("webhook", ("webhook", ABSENT, None)),
        ({"type": "http", "data": {"a": 1}}, ("http", {"a": 1}, None)),
        ({"type": "http", "isSimulated": True}, ("http", ABSENT, True)),
        ({"data": None}, ("manual", None, None)),
        (MappingProxyType({"type": "cron"}), ("cron", ABSENT, None)),
        (UserDict({"type": "cron"}), ("cron", ABSENT, None)),
        (Trigger(type="queue", is_simulated=False), ("queue", Trigger(type="q").data, False)),
        ([1, 2], ("manual", [1, 2], None)),
    ],
)
def test_trigger_is_read_in_each_form(given: Any, expected: tuple[Any, Any, Any]) -> None:
    """A text is a type, a mapping has members, and any other value is data."""
    assert split_trigger(given) == expected


def test_tags_are_texts_without_secrets() -> None:
    """Values of any type become texts; no tags are None."""
    tags: Any = {"customer": 7, 8: None, "api_key": "k8#mQ2vT9xZ4"}
    cleaned = clean_tags(tags, REDACTOR)
    assert cleaned is not None
    assert cleaned["customer"] == "7"
    assert cleaned["8"] == "None"
    assert "k8#mQ2vT9xZ4" not in cleaned["api_key"]
    assert clean_tags(None, REDACTOR) is None
    assert clean_tags({}, REDACTOR) is None


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("order {order_id}", "order 7"),
        ("{order.customer.name} buys", "Ada buys"),
        ("{order.missing} and {unknown}", "{order.missing} and {unknown}"),
        ("no place", "no place"),
        ("{} {a b}", "{} {a b}"),
    ],
)
def test_arguments_are_put_into_a_name(template: str, expected: str) -> None:
    """A place without such an argument stays as it is."""
    arguments = {"order_id": 7, "order": {"customer": {"name": "Ada"}}}
    assert fill(template, arguments) == expected


def test_no_attribute_of_an_argument_is_read() -> None:
    """A place leads into dicts alone, because attributes may run code."""

    class Lazy:
        @property
        def name(self) -> str:
            raise AssertionError

    assert fill("{order.name}", {"order": Lazy()}) == "{order.name}"


def test_id_is_made_usable() -> None:
    """No id is None, and an id that is too long or unprintable becomes usable."""
    assert clean_id(None) is None
    assert clean_id("order-7") == "order-7"
    for given in ("x" * 500, "two\nlines"):
        usable = clean_id(given)
        assert usable is not None
        assert len(usable) <= 128
        assert usable.isprintable()
