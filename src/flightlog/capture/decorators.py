"""
Decorates functions: a call's arguments are a node's input, and its result is the node's output.

Functions, coroutines, generators and asynchronous generators keep their kind. A decorated function
is pickled as any function is: by its name, or by `cloudpickle` with everything that the function
refers to. So a decorated function refers only to objects that can be pickled. A decorated callable
of another kind, e.g. a partial function, is pickled together with the callable that it wraps.
`flightlog.capture.root_node` makes the nodes that record the calls.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any, Never, ParamSpec, Protocol, TypeVar, cast

from flightlog.capture.node import NodeRun
from flightlog.capture.results import is_awaitable_generator
from flightlog.signal_handlers import EXHAUSTED

P = ParamSpec("P")
R = TypeVar("R")


class NewNode(Protocol):
    """Makes the node that records one call; can be pickled."""

    def __call__(self, arguments: Mapping[str, Any]) -> NodeRun:
        """
        Make the node, from the call's arguments.

        Args:
            arguments: The call's arguments by name.

        Returns:
            The node.
        """
        ...

    def swallow(self, fault: BaseException) -> None:
        """
        Count a fault that prevented a call from being recorded.

        Args:
            fault: The exception.
        """
        ...


class Decorator:
    """
    Decorates a function. In a `with` statement it says how a block is recorded instead.

    Args:
        decorate: Decorates a function.
        method: The recorder's method that made the decorator.
        block: The `with` statement that records a block, in backticks.
    """

    def __init__(
        self, decorate: Callable[[Callable[..., Any]], Callable[..., Any]], method: str, block: str
    ) -> None:
        self._decorate = decorate
        self._method = method
        self._block = block

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """
        Decorate a function.

        Args:
            function: The function.

        Returns:
            The decorated function.
        """
        return self._decorate(function)

    def __enter__(self) -> Never:
        raise self._explain_block()

    def __exit__(self, *_: object) -> None:
        pass

    async def __aenter__(self) -> Never:
        raise self._explain_block()

    async def __aexit__(self, *_: object) -> None:
        pass

    def _explain_block(self) -> TypeError:
        return TypeError(
            f"Recorder.{self._method}() decorates a function. To record a block of code, write "
            f"{self._block}."
        )


def recorded(function: Callable[P, R], new_node: NewNode) -> Callable[P, R]:
    """
    Wrap a function so that its calls are recorded.

    Args:
        function: A function, coroutine function, generator function or asynchronous generator
            function.
        new_node: Makes the node that records one call.

    Returns:
        A callable of the same kind with the same behaviour.

    Raises:
        TypeError: The function can't be called.
    """
    if isinstance(function, (staticmethod, classmethod)):
        kind: Callable[..., Any] = type(function)
        return cast(Callable[P, R], kind(recorded(function.__func__, new_node)))
    if not callable(function):
        raise TypeError(f"Only a function can be decorated, not {function!r}.")
    wrapper = _wrap(function, new_node)
    if type(function) is FunctionType:
        return cast(Callable[P, R], functools.wraps(function)(wrapper))
    functools.update_wrapper(wrapper, function, updated=())
    wrapper.__name__ = name_function(function)
    kind = RecordedClass if isinstance(function, type) else RecordedCallable
    return cast(Callable[P, R], kind(wrapper, function, new_node))


def _wrap(function: Callable[..., Any], call_node: NewNode) -> Callable[..., Any]:
    new_node = _guard(call_node, _make_argument_reader(function))
    code = _find_function(function)
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
            # Keep the node in a local variable, where the execution finds a node that an exception
            # interrupted.
            node = new_node(args, kwargs)
            if node is None:
                return function(*args, **kwargs)
            with node:
                return node.follow(function(*args, **kwargs))

    return wrapper


def _guard(
    call_node: NewNode, arguments: Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any]]
) -> Callable[[tuple[Any, ...], Mapping[str, Any]], NodeRun | None]:
    def new_node(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> NodeRun | None:
        # If no node can be made, because stack or memory is lacking, the call runs unrecorded. This
        # check takes no more stack than the call itself.
        try:
            return call_node(arguments(args, kwargs))
        except EXHAUSTED as fault:
            # If there is no stack to count the fault, either, the fault isn't counted.
            with contextlib.suppress(*EXHAUSTED):
                call_node.swallow(fault)
            return None

    return new_node


class RecordedCallable(functools.partial[Any]):
    """
    A decorated callable that is no function: a partial function, a callable object, a builtin.

    The decorated callable is a partial function without arguments, so that `inspect` and frameworks
    see whether it wraps a coroutine function. Other attributes are read from the wrapped callable.

    Args:
        wrapper: Calls the callable and records the call.
        function: The callable.
        new_node: Makes the node that records one call.
    """

    def __new__(cls, wrapper: Callable[..., Any], function: Any, new_node: NewNode) -> Any:
        """Make a partial function that is pickled together with the callable that it wraps."""
        made = super().__new__(cls, wrapper)
        functools.update_wrapper(made, function, updated=())
        made.__dict__["_new_node"] = new_node
        return made

    def __getattr__(self, name: str) -> Any:
        # Don't pass special names on, because a protocol of the callable would bypass the
        # recording.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["__wrapped__"], name)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Bind like a method where the callable does, e.g. a callable of `functools.lru_cache`."""
        function = self.__dict__["__wrapped__"]
        bind = getattr(type(function), "__get__", None)
        if instance is None or bind is None or bind(function, instance, owner) is function:
            return self
        return MethodType(self, instance)

    def __reduce__(self) -> Any:
        names = vars(self)
        name, module = names.get("__qualname__"), names.get("__module__")
        if (
            isinstance(name, str)
            and isinstance(module, str)
            and _find_by_name(module, name) is self
        ):
            return name
        return recorded, (names["__wrapped__"], names["_new_node"])

    def __repr__(self) -> str:
        return repr(self.__dict__["__wrapped__"])


class RecordedClass(RecordedCallable):
    """A decorated class: records the creation of instances, and can still be subclassed."""

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.__dict__["__wrapped__"])

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, self.__dict__["__wrapped__"])

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self.__dict__["__wrapped__"],)


def _find_by_name(module: str, name: str) -> object:
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def name_function(function: Callable[..., Any]) -> str:
    """
    Return a function's name.

    Args:
        function: The function or other callable.

    Returns:
        The name; the class's name for a callable object without a name.
    """
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _find_function(function: Callable[..., Any]) -> Any:
    """Return the function that a callable object runs."""
    code: Any = function
    while isinstance(code, functools.partial):
        code = code.func
    if inspect.isroutine(code) or isinstance(code, type):
        return code
    return type(code).__call__


def _make_argument_reader(
    function: Callable[..., Any],
) -> Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any]]:
    names: list[str] = []
    rest = "args"
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except ValueError:
        # Some functions written in C have no signature.
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
