"""
Decorated functions: their arguments are what a node is given, their result is what it returns.

Functions, coroutines, generators and asynchronous generators are recorded as what they are. A
decorated function is pickled as any function is: by its name, or by `cloudpickle` with all that it
refers to. So it refers only to what can be pickled. A decorated callable of another kind, e.g. a
partial function, stays an object that is pickled with what it calls.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from flightlog.capture.node import NodeRun
from flightlog.capture.results import is_awaitable_generator
from flightlog.signal_handlers import EXHAUSTED

P = ParamSpec("P")
R = TypeVar("R")


class NewNode(Protocol):
    """Makes what records one call; it can be pickled."""

    def __call__(self, arguments: Mapping[str, Any]) -> NodeRun:
        """Make it, from the call's arguments."""
        ...

    def swallow(self, fault: BaseException) -> None:
        """Count a fault that kept a call from being recorded."""
        ...


def recorded(function: Callable[P, R], new_node: NewNode) -> Callable[P, R]:
    """
    Make a function that does what this one does and is recorded.

    Args:
        function: A function, coroutine function, generator function or asynchronous one.
        new_node: Makes what records one call.
    """
    if isinstance(function, (staticmethod, classmethod)):
        kind: Callable[..., Any] = type(function)
        return cast(Callable[P, R], kind(recorded(function.__func__, new_node)))
    wrapper = _wrapper(function, new_node)
    if type(function) is FunctionType:
        return cast(Callable[P, R], functools.wraps(function)(wrapper))
    functools.update_wrapper(wrapper, function, updated=())
    wrapper.__name__ = function_name(function)
    kind = RecordedClass if isinstance(function, type) else RecordedCallable
    return cast(Callable[P, R], kind(wrapper, function, new_node))


def _wrapper(function: Callable[..., Any], call_node: NewNode) -> Callable[..., Any]:
    new_node = _guarded(call_node, _argument_names(function))
    code = _underlying_function(function)
    wrapper: Callable[..., Any]
    if inspect.isasyncgenfunction(code):

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            node = new_node(args, kwargs)
            items = function(*args, **kwargs)
            return items if node is None else node.stream_async(items)

    elif inspect.isgeneratorfunction(code) and not is_awaitable_generator(code):

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            node = new_node(args, kwargs)
            items = function(*args, **kwargs)
            return items if node is None else node.stream(items)

    elif inspect.iscoroutinefunction(code):

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            node = new_node(args, kwargs)
            if node is None:
                return await function(*args, **kwargs)
            with node:
                return node.follow(await function(*args, **kwargs))

    else:

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            # In a local variable, where the execution finds a node that an exception has struck.
            node = new_node(args, kwargs)
            if node is None:
                return function(*args, **kwargs)
            with node:
                return node.follow(function(*args, **kwargs))

    return wrapper


def _guarded(
    call_node: NewNode, arguments: Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any]]
) -> Callable[[tuple[Any, ...], Mapping[str, Any]], NodeRun | None]:
    def new_node(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> NodeRun | None:
        # A call that no node can be made for, for want of stack or memory, runs unrecorded. It
        # takes no more stack to find that out than the call itself does.
        try:
            return call_node(arguments(args, kwargs))
        except EXHAUSTED as fault:
            # Where there is none to count it either, it isn't counted.
            with contextlib.suppress(*EXHAUSTED):
                call_node.swallow(fault)
            return None

    return new_node


class RecordedCallable(functools.partial[Any]):
    """
    A decorated callable that is no function: a partial function, a callable object, a builtin.

    It is a partial function without arguments, so that `inspect` and frameworks see whether a
    coroutine function is behind it. Other attributes are those of the callable.

    Args:
        wrapper: Calls the callable and records it.
        function: The callable.
        new_node: Makes what records one call.
    """

    def __new__(cls, wrapper: Callable[..., Any], function: Any, new_node: NewNode) -> Any:
        """Make a partial function that is also pickled with what it calls."""
        made = super().__new__(cls, wrapper)
        functools.update_wrapper(made, function, updated=())
        made.__dict__["_new_node"] = new_node
        return made

    def __getattr__(self, name: str) -> Any:
        # Not special names: a protocol that the callable has must not go past the recording.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["__wrapped__"], name)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Become a method where the callable does, e.g. one with `functools.lru_cache`."""
        function = self.__dict__["__wrapped__"]
        bind = getattr(type(function), "__get__", None)
        if instance is None or bind is None or bind(function, instance, owner) is function:
            return self
        return MethodType(self, instance)

    def __reduce__(self) -> Any:
        names = vars(self)
        name, module = names.get("__qualname__"), names.get("__module__")
        if isinstance(name, str) and isinstance(module, str) and _found(module, name) is self:
            return name
        return recorded, (names["__wrapped__"], names["_new_node"])

    def __repr__(self) -> str:
        return repr(self.__dict__["__wrapped__"])


class RecordedClass(RecordedCallable):
    """A decorated class: making an instance is recorded, and it can be derived from as before."""

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.__dict__["__wrapped__"])

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, self.__dict__["__wrapped__"])

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self.__dict__["__wrapped__"],)


def _found(module: str, name: str) -> object:
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def function_name(function: Callable[..., Any]) -> str:
    """What a function is called; the class of a callable object that has no name."""
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _underlying_function(function: Callable[..., Any]) -> Any:
    """The function that a callable object runs."""
    code: Any = function
    while isinstance(code, functools.partial):
        code = code.func
    if inspect.isroutine(code) or isinstance(code, type):
        return code
    return type(code).__call__


def _argument_names(
    function: Callable[..., Any],
) -> Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any]]:
    names: list[str] = []
    rest = "args"
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except ValueError:
        # Some functions written in C don't tell.
        parameters = []
    for parameter in parameters:
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}:
            names.append(parameter.name)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            rest = parameter.name
    bound = names[:1] in (["self"], ["cls"])

    def arguments(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        given = dict(zip(names, args, strict=False))
        if len(args) > len(names):
            given[rest] = args[len(names) :]
        given.update(kwargs)
        if bound:
            given.pop(names[0], None)
        return given

    return arguments
