"""
Reads the attributes that an object holds, without running code of the object or its class.

This module finds an object's true `__dict__` and slots. It calls no property, `__getattr__`,
`__getattribute__`, metaclass or `__class__`, because a lazy proxy or an ORM answers those with a
query. This module also decides which classes are the ones that their names claim. `fields` knows
the classes that declare fields.
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
    find_class_attribute,
    read_bases,
    read_module_name,
    read_namespace,
    read_qualified_name,
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
"""The names that a class may define without changing how its base reads itself."""


class _Sample:
    """A class whose `__dict__` descriptor is the interpreter's own."""


_module_namespace: Final[Any] = vars(ModuleType)["__dict__"].__get__
_DICT_DOC: Final = _Sample.__dict__["__dict__"].__doc__


def read_instance_dict(value: object) -> dict[str, Any]:
    """
    Read an object's `__dict__`.

    Args:
        value: Any object.

    Returns:
        The very dict. An empty dict where the object has none, or where its class computes it.
    """
    found = find_class_attribute(type(value), "__dict__")
    kind = type(found)
    if kind is GetSetDescriptorType and found.__doc__ == _DICT_DOC:
        names = found.__get__(value)
    elif kind is MemberDescriptorType:
        # In `SimpleNamespace` and modules, `__dict__` is a plain field of a C structure.
        names = read_slot(value, found)
    else:
        return {}
    return names if type(names) is dict else {}


def read_slot(value: object, member: Any) -> Any:
    """
    Read a slot, or a field of a C structure.

    Args:
        value: The object.
        member: The descriptor of the slot.

    Returns:
        The slot's value; `MISSING` where the slot is empty.
    """
    try:
        return member.__get__(value)
    except AttributeError:
        return MISSING


def read_attribute(value: object, name: str) -> Any:
    """
    Read one attribute that an object itself holds.

    Args:
        value: The object.
        name: The attribute's name.

    Returns:
        The value in `__dict__` or a slot; `MISSING` where neither has the name.
    """
    names = read_instance_dict(value)
    if name in names:
        return names[name]
    found = find_class_attribute(type(value), name)
    return read_slot(value, found) if type(found) is MemberDescriptorType else MISSING


def read_public_attributes(value: object, most: int) -> tuple[list[tuple[str, Any]], int]:
    """
    Read the attributes that an object itself holds and whose names don't begin with `_`.

    Args:
        value: Any object.
        most: How many attributes to read.

    Returns:
        Names and values, slots first; and the number of attributes, or a little more.
    """
    pairs: list[tuple[str, Any]] = []
    for base in reversed(read_bases(type(value))):
        namespace = read_namespace(base)
        for name in _find_declared_slots(namespace.get("__slots__")):
            member = namespace.get(name)
            if name[:1] != "_" and type(member) is MemberDescriptorType:
                content = read_slot(value, member)
                if content is not MISSING:
                    pairs.append((name, content))
    names = read_instance_dict(value)
    texts = read_pairs(names, most)
    pairs += [
        (name, content)
        for name, content in zip(texts[::2], texts[1::2], strict=True)
        if type(name) is str and name[:1] != "_"
    ]
    return pairs, len(pairs) + max(len(names) - len(texts) // 2, 0)


def _find_declared_slots(declared: object) -> tuple[str, ...]:
    kind = type(declared)
    if kind is str:
        declared = (declared,)
    elif kind is not tuple and kind is not list and kind is not dict:
        return ()
    names: Any = declared
    return tuple(name for name in names if type(name) is str)


def read_pairs(container: Any, most: int) -> list[Any]:
    """
    Copy the first keys and values of a dict in one step, even while a thread changes the dict.

    Args:
        container: A dict; a subclass's own `items` is not called.
        most: How many keys to copy.

    Returns:
        A key, its value, the next key, and so on.
    """
    # `move_to_end` changes an order that `dict.items` doesn't know. Reading in that order looks
    # each item up by its key's hash, which may run code of the workflow.
    kind: Any = OrderedDict if type(container) is OrderedDict else dict
    if kind is OrderedDict:
        keys = copy_first_items(lambda: dict.__iter__(container), most + 1)
        if len(keys) > most or not all(id(type(key)) in _PLAIN_KEYS for key in keys):
            kind = dict
    return copy_first_items(
        lambda: chain.from_iterable(islice(kind.items(container), most)), 2 * most
    )


def copy_first_items(iterate: Callable[[], Any], most: int) -> list[Any]:
    """
    Copy the first items of a container that another thread may change.

    Args:
        iterate: Makes an iterator over the container.
        most: How many items to copy.

    Returns:
        The items.

    Raises:
        RuntimeError: The container changed during every attempt.
    """
    for _ in range(_TRIES - 1):
        try:
            return list(islice(iterate(), most))
        except RuntimeError as fault:
            reraise_from_signal_handler(fault)
    return list(islice(iterate(), most))


def find_dict_behind(value: object) -> object:
    """
    Return the dict behind a mapping proxy or a view of a dict.

    Args:
        value: The proxy or view.

    Returns:
        The dict; `MISSING` where it can't be found.
    """
    found = get_referents(value)
    return found[0] if len(found) == 1 else MISSING


def has_base(kind: type, base: type) -> bool:
    """
    Return whether a class inherits from another, without calling a metaclass.

    Args:
        kind: The class.
        base: The possible base.

    Returns:
        True where `base` is the class itself or one of its bases.
    """
    return any(candidate is base for candidate in read_bases(kind))


def read_module_namespace(module: object) -> dict[str, Any]:
    """
    Read the names that a module defines; a lazy module stays unloaded.

    Args:
        module: The module.

    Returns:
        The module's namespace; empty for an object that is no module.
    """
    if not issubclass(type(module), ModuleType):
        return {}
    names: dict[str, Any] = _module_namespace(module)
    return names


def is_published(kind: type, module: str, name: str) -> bool:
    """
    Return whether a module holds a class under a name.

    Args:
        kind: The class.
        module: The module, e.g. `pandas`; the module isn't imported.
        name: A name in the module.

    Returns:
        True where the module's name refers to exactly this class.
    """
    return read_module_namespace(sys.modules.get(module)).get(name) is kind


def is_unaltered(kind: type, base: type) -> bool:
    """
    Return whether a class reads itself exactly as its base does.

    Args:
        kind: The class.
        base: A class of the standard library from which `kind` inherits.

    Returns:
        Whether no class between the two redefines a member of the base or the way attributes are
        found.
    """
    for between in read_bases(kind):
        if between is base:
            return True
        if is_standard(between):
            continue
        namespace: MappingProxyType[str, Any] = read_namespace(between)
        for name in namespace:
            if name not in _INERT and (
                name in {"__getattr__", "__getattribute__"}
                or find_class_attribute(base, name, MISSING) is not MISSING
            ):
                return False
    return False


def is_standard(kind: type) -> bool:
    """
    Return whether a class belongs to the standard library.

    Args:
        kind: The class.

    Returns:
        True where a module of the standard library holds the class under its name.
    """
    module, name = read_module_name(kind), read_qualified_name(kind)
    return module.partition(".")[0] in sys.stdlib_module_names and is_published(kind, module, name)
