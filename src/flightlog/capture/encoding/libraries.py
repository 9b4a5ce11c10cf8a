"""
Opens values of well-known libraries: arrays, numpy scalars, data frames, headers.

This module recognizes the values without importing the libraries, and reads them only by the
libraries' own code. A subclass that the workflow defines is read as its base, or not at all.
`containers` opens Python's own containers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final

from flightlog.capture.encoding import containers, leaves
from flightlog.capture.encoding.attributes import (
    MISSING,
    has_base,
    is_published,
    read_attribute,
    read_module_namespace,
    read_pairs,
)
from flightlog.capture.encoding.containers import Branch
from flightlog.capture.encoding.texts import (
    encode_as_json,
    encode_text_placeholder,
    read_bases,
    read_type_name,
)
from flightlog.record.placeholders import MARK, write_placeholder

_LARGEST_BATCH: Final = 4096
_SLICE_BYTES: Final = 1 << 20
"""The least number of bytes of an array that are copied at once."""
_SHAPED: Final = (
    ("pandas", "DataFrame"),
    ("pandas", "Series"),
    ("pandas", "Index"),
    ("polars", "DataFrame"),
    ("polars", "Series"),
    ("pyarrow", "Table"),
    ("torch", "Tensor"),
)
"""Values in memory whose `shape` is known without a computation."""
_MAPPINGS: Final = (
    ("httpx", "Headers"),
    ("httpx", "QueryParams"),
    ("multidict", "CIMultiDict"),
    ("multidict", "CIMultiDictProxy"),
    ("multidict", "MultiDict"),
    ("multidict", "MultiDictProxy"),
    ("requests.structures", "CaseInsensitiveDict"),
    ("starlette.datastructures", "Headers"),
    ("starlette.datastructures", "MutableHeaders"),
    ("starlette.datastructures", "QueryParams"),
)
"""Mappings of libraries that hold only the data they were made from."""
_KNOWN_MODULES: Final = frozenset(
    module.partition(".")[0] for module, _ in (*_SHAPED, *_MAPPINGS)
) | {"os"}


def write_library_value(value: Any, kind: type, max_bytes: int) -> bytes | Branch | None:
    """
    Write a value of a known library.

    Args:
        value: Any value.
        kind: The value's real type.
        max_bytes: How many bytes are left for the value.

    Returns:
        The form; None where no known library defines the type.
    """
    numpy = read_module_namespace(sys.modules.get("numpy"))
    for name, write in (("generic", _write_scalar), ("ndarray", _open_array)):
        base = numpy.get(name)
        if type(base) is type and has_base(kind, base):
            return write(value, kind, base, max_bytes)
    if read_type_name(kind).partition(".")[0] not in _KNOWN_MODULES:
        return None
    if any(is_published(kind, module, name) for module, name in _SHAPED):
        shape = [*map(int, value.shape)]
        return encode_as_json({MARK: "shaped", "type": read_type_name(kind), "shape": shape})
    if any(is_published(kind, module, name) for module, name in _MAPPINGS):
        bound = max_bytes // 2 + 1
        pairs = [(key, value[key]) for key in islice(iter(value), max(bound, 1))]
        total = len(pairs) if len(pairs) < bound else None
        return containers.make_object([key for key, _ in pairs], [item for _, item in pairs], total)
    if is_published(kind, "os", "_Environ"):
        return _environment(value, max_bytes)
    return None


def _write_scalar(value: Any, kind: type, generic: Any, max_bytes: int) -> bytes | Branch:
    """Write a scalar as the equal Python value, if there is one."""
    dtype = generic.dtype.__get__(value)
    item = generic.item(value)
    plains: tuple[tuple[type, Callable[[Any, int], bytes]], ...] = (
        (bool, leaves.write_constant),
        (int, leaves.write_integer),
        (float, leaves.write_float),
    )
    for plain_kind, leaf in plains:
        if type(item) is plain_kind:
            return leaf(item, max_bytes)
    about: dict[str, Any] = {"type": read_type_name(kind), "dtype": str(dtype)}
    if dtype.hasobject or type(item) is tuple:
        # A record prints its fields, which may be any objects.
        return containers.make_value_placeholder("value", item, **{MARK: "numpy"}, **about)
    printing: Any = next(base for base in read_bases(kind) if _is_from_numpy(base))
    return encode_text_placeholder("numpy", printing.__str__(value), max_bytes, **about)


def _is_from_numpy(kind: type) -> bool:
    return read_type_name(kind).partition(".")[0] == "numpy" and is_published(
        kind, "numpy", read_type_name(kind).rpartition(".")[2]
    )


def _open_array(value: Any, kind: type, ndarray: Any, max_bytes: int) -> Branch:
    """Open an array as nested rows, down to plain numbers."""
    about: dict[str, Any] = {}
    if kind is not ndarray:
        about["type"] = read_type_name(kind)
        # View a subclass as a base array of the same data, because a subclass may compute its
        # items. Don't view a masked array, because the view would show the masked items.
        if not is_published(kind, "numpy.ma", "MaskedArray"):
            value = ndarray.view(value, ndarray)
    about |= {"dtype": str(value.dtype), "shape": [*map(int, value.shape)]}
    if value.ndim == 0:
        return containers.make_value_placeholder(
            "value", value.item(), **{MARK: "ndarray"}, **about
        )
    branch = open_rows(value, max_bytes)
    branch.opening = write_placeholder("ndarray", **about)[:-1] + b',"values":['
    branch.closing = b"]}"
    return branch


def open_rows(value: Any, max_bytes: int) -> Branch:
    """Open an array's rows as lists, each only when it is written; see `forms.choose_form`."""
    items = _Rows(value[: containers.limit_items(max_bytes)])
    count = max(len(items), 1)
    # A batch may take a quarter of the space, and each number takes two bytes or more.
    by_items = max(max_bytes, 0) // 8 // max(items.array.size // count, 1)
    by_bytes = _SLICE_BYTES // max(items.array.nbytes // count, 1)
    return Branch(items=items, total=len(value), batch=min(by_items, by_bytes, _LARGEST_BATCH))


class Row:
    """One row of an array of several dimensions."""

    __slots__ = ("row",)

    def __init__(self, row: Any) -> None:
        self.row = row


class _Rows(Sequence[Any]):
    """The items of an array; a slice of the items is copied on access."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, place: Any) -> Any:
        if type(place) is slice:
            return self.array[place].tolist()
        if self.array.ndim > 1:
            return Row(self.array[place])
        return self.array[place : place + 1].tolist()[0]


def _environment(value: Any, max_bytes: int) -> Branch | None:
    data = read_attribute(value, "_data")
    if data is MISSING or type(data) is not dict:
        return None
    pairs = read_pairs(data, containers.limit_items(max_bytes))
    texts = [
        part.decode(errors="surrogateescape") if type(part) is bytes else part for part in pairs
    ]
    return containers.make_object(texts[::2], texts[1::2], dict.__len__(data))
