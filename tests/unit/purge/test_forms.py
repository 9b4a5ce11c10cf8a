"""A value is found in every form, and removing it leaves valid JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import InvalidSettingError
from flightlog.purge.forms import ValueForms
from support.purges import SECRET, list_forms

VALUES = st.text(min_size=9, max_size=40).filter(lambda text: len(text.strip()) > 8)


def is_encodable(text: str) -> bool:
    """Leave out lone surrogates, which no text of a record has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize("name", list_forms(SECRET))
def test_every_form_is_found_and_removed(name: str) -> None:
    """The rest of the text stays."""
    form, forms = list_forms(SECRET)[name], ValueForms(SECRET)
    text = f"before {form} after"
    assert forms.is_in(text.encode())
    cleaned = forms.clean_text(text)
    assert not forms.is_in(cleaned.encode())
    assert cleaned == "before [purged] after"


@given(value=VALUES.filter(is_encodable), before=st.text(max_size=5), after=st.text(max_size=5))
def test_cleaned_json_is_json_without_the_value(value: str, before: str, after: str) -> None:
    """Any value, with any text beside the value."""
    forms = ValueForms(value)
    for form in list_forms(value).values():
        text = f"{before}{form}{after}".encode(errors="replace").decode()
        for is_ascii in (True, False):
            document = json.dumps({"a": [text, 1], text: None}, ensure_ascii=is_ascii).encode()
            assert forms.is_in(document)
            cleaned = forms.clean_json(document)
            assert isinstance(json.loads(cleaned), dict)
            assert not forms.is_in(cleaned)


@given(
    document=st.binary(max_size=60), value=st.sampled_from(["\\u0041bc", 'a"b\\ncd', "\\\\\\\\x12"])
)
def test_cleaned_json_is_json_for_values_of_escapes(document: bytes, value: str) -> None:
    """A value that begins in the middle of an escape leaves no half of it."""
    forms = ValueForms(value)
    text = json.dumps([document.decode("latin-1") + value]).encode()
    cleaned = forms.clean_json(text)
    json.loads(cleaned)
    assert not forms.is_in(cleaned)


@pytest.mark.parametrize(
    ("value", "document", "expected"),
    [
        ("123456", b'{"a":-912345679.5,"b":"x1234567"}', b'{"a":"[purged]","b":"x[purged]7"}'),
        ("e9abcdef", rb'{"a":"x\u00e9abcdef"}', b'{"a":"[purged]"}'),
        ('{"k":1234}', b'{"a":{"k":1234},"b":2}', None),
        ("[purged]", b'["x [purged] y"]', b'["x [***] y"]'),
    ],
)
def test_clean_json_keeps_as_much_as_it_can(
    value: str, document: bytes, expected: bytes | None
) -> None:
    """Numbers become strings, and a value of several JSON values takes the whole with it."""
    cleaned = ValueForms(value).clean_json(document)
    if expected is None:
        assert json.loads(cleaned)["$flightlog"] == "dropped"
    else:
        assert cleaned == expected


def test_a_half_of_the_value_is_a_part() -> None:
    """A compression dictionary with half of the value is dropped."""
    forms = ValueForms("correct horse battery")
    assert forms.is_partly_in(b"... horse battery ...")
    assert not forms.is_partly_in(b"... horse ...")


@pytest.mark.parametrize("value", ["", "short", "x" * 20_000])
def test_values_that_prove_nothing_are_refused(value: str) -> None:
    """Too short, and too long."""
    with pytest.raises(InvalidSettingError, match="bytes"):
        ValueForms(value)
