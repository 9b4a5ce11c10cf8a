"""Properties that hold for arbitrary values."""

from __future__ import annotations

import collections
import copy
import dataclasses
import enum
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flightlog.capture.encoding import LEAST_BYTES, encode_value
from support.examples import examples


class Suit(enum.Enum):
    """An enum."""

    CLUBS = "c"
    DIAMONDS = 2


@dataclasses.dataclass
class Box:
    """A dataclass."""

    content: object
    label: object = None


@dataclasses.dataclass(frozen=True)
class Noisy:
    """An object whose representation fails."""

    def __repr__(self) -> str:
        """Fail."""
        raise ValueError


ALL_TEXT = st.text(st.characters(), max_size=40)
PLAIN_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**300), 10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ALL_TEXT
)
plain_values = st.recursive(
    PLAIN_LEAVES,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(ALL_TEXT.filter(lambda key: key != "$flightlog"), inner, max_size=6)
    ),
)
hashable = (
    PLAIN_LEAVES
    | st.floats()
    | st.binary(max_size=40)
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.uuids()
    | st.complex_numbers()
    | st.sampled_from(Suit)
    | st.builds(Noisy)
    | st.sampled_from([range(5), len, dict, ...])
)
sortable = (
    PLAIN_LEAVES
    | st.binary(max_size=40)
    | st.dates()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.sampled_from(Suit)
)
odd_values: st.SearchStrategy[Any] = st.recursive(
    hashable | st.binary(max_size=40).map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(hashable | st.just("$flightlog"), inner, max_size=5)
        | st.sets(sortable, max_size=5)
        | st.builds(Box, inner, inner)
        | st.lists(inner, max_size=3).map(collections.deque)
        | st.dictionaries(ALL_TEXT, inner, max_size=3).map(collections.OrderedDict)
        | st.builds(ValueError, inner)
    ),
    max_leaves=30,
)


def as_read(value: Any) -> Any:
    """Combine lone surrogates as every reader of JSON does."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if isinstance(value, list):
        return [as_read(item) for item in value]
    if isinstance(value, dict):
        return {as_read(key): as_read(item) for key, item in value.items()}
    return value


def tell(value: Any) -> str:
    """Describe a value's content, so that different values have different descriptions."""
    if isinstance(value, list | tuple | collections.deque):
        return f"{type(value)}{[tell(item) for item in value]}"
    if isinstance(value, dict):
        return f"{type(value)}{[(tell(key), tell(item)) for key, item in value.items()]}"
    if isinstance(value, Box):
        return f"Box{tell(value.content)}{tell(value.label)}"
    if isinstance(value, ValueError):
        return f"ValueError{tell(value.args)}"
    if isinstance(value, set):
        return f"{type(value)}{sorted(map(tell, value))}"
    return f"{type(value)}{id(value) if isinstance(value, Noisy) else repr(value)}"


@given(plain_values)
def test_plain_value_comes_back(value: Any) -> None:
    """Values that JSON holds natively are read back equal, with the same types."""
    found = json.loads(encode_value(value, 10**6))
    assert repr(found) == repr(as_read(value))


@given(plain_values)
def test_plain_value_beside_an_odd_one_comes_back(value: Any) -> None:
    """The careful walk writes plain values as the fast encoder does."""
    found = json.loads(encode_value([value, {0}], 10**6))
    assert repr(found[0]) == repr(as_read(value))


@settings(max_examples=examples(300))
@given(odd_values, st.integers(0, 2_000))
def test_any_value_is_valid_json_within_the_limit(value: Any, limit: int) -> None:
    """Encoding never raises, keeps to the limit, and leaves the value unchanged."""
    before = tell(value)
    answer = encode_value(value, limit)
    json.loads(answer)
    answer.decode()
    assert len(answer) <= max(limit, LEAST_BYTES)
    assert tell(value) == before


@given(odd_values)
def test_limit_that_suffices_changes_nothing(value: Any) -> None:
    """A value that fits exactly is whole, by either encoder."""
    whole = encode_value(value, 10**6)
    assert encode_value(value, max(len(whole), LEAST_BYTES)) == whole
    assert b'"truncated"' not in whole or "truncated" in tell(value)


@given(odd_values)
def test_equal_values_have_equal_json(value: Any) -> None:
    """A copy has the same JSON, so that runs can be compared."""
    assert encode_value(copy.deepcopy(value), 10**6) == encode_value(value, 10**6)
