"""
Decorated functions: their arguments are what a node is given, their result is what it returns.

Functions, coroutines, generators and asynchronous generators are recorded as what they are.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

from flightlog.capture.node import NodeRun

P = ParamSpec("P")
R = TypeVar("R")

NewNode = Callable[[Mapping[str, Any]], NodeRun]
"""Makes what records one call, given the call's arguments."""


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
    arguments = _argument_names(function)
    call = cast(Callable[..., Any], function)
    code = _code_of(function)
    wrapper: Callable[..., Any]
    if inspect.isasyncgenfunction(code):

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return new_node(arguments(args, kwargs)).stream_async(call(*args, **kwargs))

    elif inspect.isgeneratorfunction(code):

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return new_node(arguments(args, kwargs)).stream(call(*args, **kwargs))

    elif inspect.iscoroutinefunction(code):

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with new_node(arguments(args, kwargs)) as node:
                result = await call(*args, **kwargs)
                node.output = result
                return result

    else:

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with new_node(arguments(args, kwargs)) as node:
                result = call(*args, **kwargs)
                node.output = result
                return result

    return cast(Callable[P, R], functools.wraps(function)(wrapper))


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called; the class of a callable object that has no name."""
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _code_of(function: Callable[..., Any]) -> Any:
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
