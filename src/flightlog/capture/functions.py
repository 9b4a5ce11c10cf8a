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
    arguments = _argument_names(function)
    call = cast(Callable[..., Any], function)
    wrapper: Callable[..., Any]
    if inspect.isasyncgenfunction(function):

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return new_node(arguments(args, kwargs)).stream_async(call(*args, **kwargs))

    elif inspect.isgeneratorfunction(function):

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return new_node(arguments(args, kwargs)).stream(call(*args, **kwargs))

    elif inspect.iscoroutinefunction(function):

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


def _argument_names(
    function: Callable[..., Any],
) -> Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any]]:
    names: list[str] = []
    rest = "args"
    for parameter in inspect.signature(function).parameters.values():
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
