"""Objects that note each call of their own code, direct or indirect."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

SPECIAL: Final = (
    "__abs__", "__add__", "__aenter__", "__aexit__", "__aiter__", "__and__", "__anext__",
    "__array__", "__array_function__", "__array_interface__", "__array_struct__", "__array_ufunc__",
    "__await__", "__bool__", "__buffer__", "__bytes__", "__call__", "__ceil__", "__complex__",
    "__contains__", "__copy__", "__dask_graph__", "__dataframe__", "__deepcopy__", "__delattr__",
    "__delete__", "__dir__", "__divmod__", "__dlpack__", "__enter__", "__eq__", "__exit__",
    "__float__", "__floor__", "__floordiv__", "__format__", "__fspath__", "__ge__", "__get__",
    "__getattr__", "__getattribute__", "__getitem__", "__getnewargs__", "__getnewargs_ex__",
    "__getstate__", "__gt__", "__hash__", "__html__", "__index__", "__instancecheck__", "__int__",
    "__invert__", "__iter__", "__le__", "__len__", "__length_hint__", "__lt__", "__matmul__",
    "__missing__", "__mod__", "__mul__", "__ne__", "__neg__", "__next__", "__or__", "__pos__",
    "__pow__", "__radd__", "__reduce__", "__reduce_ex__", "__release_buffer__", "__repr__",
    "__reversed__", "__rmul__", "__round__", "__set__", "__setattr__", "__setitem__", "__sizeof__",
    "__str__", "__sub__", "__subclasscheck__", "__truediv__", "__trunc__", "__xor__",
)  # fmt: skip
"""Methods that Python, the standard library or numpy call implicitly."""
PROPERTIES: Final = (
    "__class__", "__dict__", "__doc__", "__wrapped__", "columns",
    "data", "dtype", "dtypes", "maps", "name", "mode", "shape", "schema", "raw", "args",
)  # fmt: skip
METHODS: Final = (
    "items", "keys", "values", "get", "encode", "decode", "isoformat", "utcoffset", "tolist",
    "item", "to_dict", "dict", "json", "model_dump", "copy", "count", "collect", "compute", "read",
    "as_integer_ratio", "bit_length", "hex", "total_seconds", "strftime", "translate",
)  # fmt: skip


class Calls(list[str]):
    """The calls since the object was armed."""

    armed = False
    """Whether calls are noted; false at first, because containers hash their members."""

    def noting(self, name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        """
        Make a method that notes its call.

        Args:
            name: The method's name in the notes.
            answer: The original method.

        Returns:
            The method.
        """

        def method(*args: Any, **kwargs: Any) -> Any:
            if self.armed:
                self.append(name)
            return answer(*args, **kwargs)

        return method


def during(calls: Calls, act: Callable[[], Any]) -> Any:
    """
    Note the calls during an action.

    Args:
        calls: Receives the notes.
        act: The action.

    Returns:
        The action's result.
    """
    calls.armed = True
    try:
        return act()
    finally:
        calls.armed = False


def watched(
    calls: Calls,
    bases: tuple[type, ...] = (),
    *args: Any,
    only: tuple[str, ...] = SPECIAL + PROPERTIES + METHODS,
) -> Any:
    """
    Make an object whose class notes each call of a method or property.

    Args:
        calls: Receives the notes.
        bases: The base classes.
        args: The arguments of the object's class.
        only: The methods and properties that are noted.

    Returns:
        The object.
    """
    body: dict[str, Any] = {}
    for name in only:
        noting = calls.noting(name, _ANSWERS.get(name) or _inherited(bases, name))
        body[name] = property(noting) if name in PROPERTIES else noting
    # The class needs these two members from the beginning; others would disturb the construction.
    first: dict[str, Any] = {
        name: body.pop(name) for name in ("__class__", "__dict__") if name in body
    }
    kind = type("Watched", bases, first)
    made = kind(*args)
    for name, method in body.items():
        type.__setattr__(kind, name, method)
    return made


_ANSWERS: Final[dict[str, Callable[..., Any]]] = {
    "__class__": type,
    "__dict__": lambda _: {},
    "__hash__": object.__hash__,
    "__eq__": operator.is_,
    "__getattribute__": object.__getattribute__,
}


def _inherited(bases: tuple[type, ...], name: str) -> Callable[..., Any]:
    found = getattr(bases[0] if bases else object, name, None)
    return found if callable(found) else lambda *_, **__: None


def watched_meta(calls: Calls) -> Any:
    """
    Make an object of a class whose metaclass notes each call.

    Args:
        calls: Receives the notes.

    Returns:
        The object.
    """
    meta = type("WatchedMeta", (type,), {})
    kind = meta("OfWatchedMeta", (), {})
    made = kind()
    for name in ("__hash__", "__eq__", "__getattribute__", "__instancecheck__", "__subclasscheck__",
                 "__iter__", "__len__", "__repr__", "mro"):  # fmt: skip
        answer = operator.is_ if name == "__eq__" else getattr(type, name, lambda *_: False)
        type.__setattr__(meta, name, calls.noting(f"meta {name}", answer))
    return made
