"""
What an object holds, read without running any code of the object or of its class.

It owns finding an object's true `__dict__` and slots: no property, no `__getattr__`, no
`__getattribute__`, no metaclass and no `__class__` is asked, since a lazy proxy or an ORM answers
those by sending a query. It also owns saying which classes are what their names say they are.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from gc import get_referents
from itertools import chain, islice
from types import GetSetDescriptorType, MappingProxyType, MemberDescriptorType, ModuleType
from typing import Any, Final

from flightlog.capture.encoding.texts import (
    class_attribute,
    class_bases,
    module_name,
    namespace_of,
    qualified_name,
)
from flightlog.signal_handlers import reraise_from_signal_handler

MISSING: Final = object()
"""Stands for an attribute that an object doesn't have."""

_TRIES: Final = 5
_PLAIN_KEYS: Final = frozenset(map(id, (str, int, float, bool, bytes, type(None))))
_INERT: Final = frozenset(
    (
        "__annotations__", "__dict__", "__doc__", "__firstlineno__", "__init__", "__module__",
        "__new__", "__orig_bases__", "__parameters__", "__qualname__", "__slots__",
        "__static_attributes__", "__weakref__",
    )
)  # fmt: skip
"""What a class may define without changing how its base reads itself."""


class _Sample:
    """Shows what the interpreter's own descriptor of `__dict__` looks like."""


_module_namespace: Final[Any] = vars(ModuleType)["__dict__"].__get__
_DICT_DOC: Final = _Sample.__dict__["__dict__"].__doc__


def held(value: object) -> dict[str, Any]:
    """
    Read an object's `__dict__`.

    Returns:
        The very dict; an empty one when the object has none, or when its class answers for it by
        code of its own.
    """
    found = class_attribute(type(value), "__dict__")
    kind = type(found)
    if kind is GetSetDescriptorType and found.__doc__ == _DICT_DOC:
        names = found.__get__(value)
    elif kind is MemberDescriptorType:
        # `SimpleNamespace` and modules: a plain field of a C structure.
        names = slot(value, found)
    else:
        return {}
    return names if type(names) is dict else {}


def slot(value: object, member: Any) -> Any:
    """Read a slot, or a field of a C structure; `MISSING` when nothing is in it."""
    try:
        return member.__get__(value)
    except AttributeError:
        return MISSING


def attribute(value: object, name: str) -> Any:
    """
    Read one attribute that an object holds itself.

    Returns:
        What `__dict__` or a slot holds under the name; `MISSING` when neither does.
    """
    names = held(value)
    if name in names:
        return names[name]
    found = class_attribute(type(value), name)
    return slot(value, found) if type(found) is MemberDescriptorType else MISSING


def public_attributes(value: object, most: int) -> tuple[list[tuple[str, Any]], int]:
    """
    Read the attributes that an object holds itself and whose names don't begin with `_`.

    Args:
        value: Any object.
        most: How many to read.

    Returns:
        Names and values, those of slots first; and how many there are, or a little more.
    """
    pairs: list[tuple[str, Any]] = []
    for base in reversed(class_bases(type(value))):
        namespace = namespace_of(base)
        for name in _declared_slots(namespace.get("__slots__")):
            member = namespace.get(name)
            if name[:1] != "_" and type(member) is MemberDescriptorType:
                content = slot(value, member)
                if content is not MISSING:
                    pairs.append((name, content))
    names = held(value)
    texts = pairs_of(names, most)
    pairs += [
        (name, content)
        for name, content in zip(texts[::2], texts[1::2], strict=True)
        if type(name) is str and name[:1] != "_"
    ]
    return pairs, len(pairs) + max(len(names) - len(texts) // 2, 0)


def _declared_slots(declared: object) -> tuple[str, ...]:
    kind = type(declared)
    if kind is str:
        declared = (declared,)
    elif kind is not tuple and kind is not list and kind is not dict:
        return ()
    names: Any = declared
    return tuple(name for name in names if type(name) is str)


def pairs_of(container: Any, most: int) -> list[Any]:
    """
    Copy the first keys and values of a dict in one step, even while another thread changes it.

    Args:
        container: A dict; a subclass isn't asked for its items.
        most: How many keys.

    Returns:
        A key, its value, the next key, and so on.
    """
    # `move_to_end` changes an order of which `dict.items` knows nothing. In that order each item is
    # found by its key's hash, which may be code of the workflow's.
    kind: Any = OrderedDict if type(container) is OrderedDict else dict
    if kind is OrderedDict:
        keys = snapshot(lambda: dict.__iter__(container), most + 1)
        if len(keys) > most or not all(id(type(key)) in _PLAIN_KEYS for key in keys):
            kind = dict
    return snapshot(lambda: chain.from_iterable(islice(kind.items(container), most)), 2 * most)


def snapshot(iterate: Callable[[], Any], most: int) -> list[Any]:
    """Copy the first items of a container that another thread may be changing."""
    for _ in range(_TRIES - 1):
        try:
            return list(islice(iterate(), most))
        except RuntimeError as fault:
            reraise_from_signal_handler(fault)
    return list(islice(iterate(), most))


def behind(value: object) -> object:
    """Return what a mapping proxy or a view of a dict shows; `MISSING` when that can't be found."""
    found = get_referents(value)
    return found[0] if len(found) == 1 else MISSING


def has_base(kind: type, base: type) -> bool:
    """Tell whether a class inherits from another, without asking a metaclass."""
    return any(candidate is base for candidate in class_bases(kind))


def module_namespace(module: object) -> dict[str, Any]:
    """Read what a module defines; nothing of what is no module, and a lazy one stays unloaded."""
    if not issubclass(type(module), ModuleType):
        return {}
    names: dict[str, Any] = _module_namespace(module)
    return names


def is_published(kind: type, module: str, name: str) -> bool:
    """
    Tell whether a class is the one that a module has under a name.

    Args:
        kind: The class.
        module: The module, e.g. `pandas`; it isn't imported.
        name: A name in it.
    """
    return module_namespace(sys.modules.get(module)).get(name) is kind


def is_unaltered(kind: type, base: type) -> bool:
    """
    Tell whether a class reads itself exactly as its base does.

    Args:
        kind: The class.
        base: A class of the standard library from which it inherits.

    Returns:
        Whether no class between the two defines anything that the base defines too, nor how
        attributes are found.
    """
    for between in class_bases(kind):
        if between is base:
            return True
        if is_standard(between):
            continue
        namespace: MappingProxyType[str, Any] = namespace_of(between)
        for name in namespace:
            if name not in _INERT and (
                name in {"__getattr__", "__getattribute__"}
                or class_attribute(base, name, MISSING) is not MISSING
            ):
                return False
    return False


def is_standard(kind: type) -> bool:
    """Tell whether a class is one of the standard library's."""
    module, name = module_name(kind), qualified_name(kind)
    return module.partition(".")[0] in sys.stdlib_module_names and is_published(kind, module, name)
