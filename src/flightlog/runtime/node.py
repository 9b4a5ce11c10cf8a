"""`Node`: the argument of a node's function."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Literal, NoReturn

from flightlog.capture import NodeRun
from flightlog.capture.logs import WORKFLOW_LOGGER
from flightlog.errors import InvalidExpressionError, InvalidInputError
from flightlog.runtime.conditions import decide_condition
from flightlog.runtime.copies import copy_value
from flightlog.runtime.definition import Definition
from flightlog.runtime.execution_context import EarlyReturn, Emit, ExecutionContext
from flightlog.runtime.sandbox import SANDBOX
from flightlog.runtime.steps import Step
from flightlog.runtime.template_parts import is_one_expression
from flightlog.runtime.texts import to_text
from flightlog.runtime.threads import run_in_thread

LogLevel = Literal["debug", "info", "warn", "error", "critical"]

_LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
_NO_VARIABLES: Final = frozenset({*SANDBOX.functions, "self"})


class Node:
    """
    One attempt of a node.

    Args:
        session: The execution.
        step: The node's step in the run.
        recorded: The attempt's record.
        data: The incoming data.
        outputs: The outputs of earlier nodes.
        local: `item` and `index`, within a loop.
        emit: Takes streamed chunks, if the node is an end of the run.
    """

    def __init__(
        self,
        session: ExecutionContext,
        step: Step,
        recorded: NodeRun,
        *,
        data: Any,
        outputs: Mapping[str, Any],
        local: Mapping[str, Any],
        emit: Emit | None,
    ) -> None:
        self._session = session
        self._step = step
        self._recorded = recorded
        self._outputs = outputs
        self._local = local
        self._emit = emit
        self._warnings: dict[str, None] = {}
        self.data = data
        """The previous node's output, several outputs by node id, or else the run's input."""

    @property
    def definition(self) -> Definition:
        """The node's definition."""
        return self._step.definition

    @property
    def session(self) -> ExecutionContext:
        """The node's execution."""
        return self._session

    def resolve(self, value: Any, names: Mapping[str, Any] | None = None) -> Any:
        """
        Evaluate the expressions in a value at every depth.

        Args:
            value: Any plain value.
            names: Further names that expressions may use.

        Returns:
            The evaluated value.

        Raises:
            InvalidExpressionError: An expression can't be evaluated.
        """
        return self._session.resolve(value, self._outputs, {**(names or {}), **self._local})

    def given(self, names: Mapping[str, Any] | None = None, /, **config: Any) -> dict[str, Any]:
        """
        Evaluate a config, and record the result as the node's input.

        Args:
            names: Further names that expressions may use.
            config: Values by name; a value that is None is left out.

        Returns:
            The evaluated config.

        Raises:
            InvalidExpressionError: An expression can't be evaluated.
        """
        present = {name: value for name, value in config.items() if value is not None}
        resolved: dict[str, Any] = self.resolve(present, names)
        self.record_input(resolved)
        return resolved

    def given_texts(
        self, texts: Collection[str], names: Mapping[str, Any] | None = None, /, **config: Any
    ) -> dict[str, Any]:
        """
        Evaluate a config with texts for a model, and record the result as the node's input.

        In these texts, an expression that can't be evaluated is an empty text and a warning, and
        the members of the incoming data and of the run's input are names. Braces that hold no
        expression stay as they are, with a warning. A text that is one expression as a whole must
        be known.

        Args:
            texts: The names of the config's values that are such texts.
            names: Further names that expressions may use.
            config: Values by name; a value that is None is left out.

        Returns:
            The evaluated config.

        Raises:
            InvalidExpressionError: An expression in another value can't be evaluated.
        """
        present = {name: value for name, value in config.items() if value is not None}
        resolved = {
            name: self.resolve_or_empty(value, names, keeps_invalid=True)
            if name in texts and not (name == "messages" and is_one_expression(value))
            else self.resolve(value, names)
            for name, value in present.items()
        }
        self.record_input(resolved)
        return resolved

    def resolve_or_empty(
        self, value: Any, names: Mapping[str, Any] | None = None, *, keeps_invalid: bool = False
    ) -> Any:
        """
        Evaluate the expressions in a value; one that can't be evaluated is an empty text.

        Args:
            value: Any plain value.
            names: Further names that expressions may use.
            keeps_invalid: Whether braces that hold no expression stay as they are.

        Returns:
            The evaluated value. Each fault is a warning in the node's output.
        """
        members = {**_variables(self._session.input), **_variables(self.data)}
        known = self._session.names(self._outputs, {**(names or {}), **self._local})

        def replace(error: InvalidExpressionError, invalid: str | None) -> str:
            self.warn(error.message)
            return invalid if invalid is not None and keeps_invalid else ""

        return self._session.resolve(value, self._outputs, {**members, **known}, replace)

    def warn(self, sentence: str) -> None:
        """
        Add a warning to the node's output, and write it to the workflow's log.

        Args:
            sentence: The warning.
        """
        if sentence not in self._warnings:
            self._warnings[sentence] = None
            concealed = self._session.secrets.conceal(sentence)
            self._logger().warning("%s: %s", self.definition.id, concealed)

    def log_notes(self) -> None:
        """Write what the manifest says about the node in vain to the workflow's log."""
        for note in self.definition.notes:
            self._logger().warning("%s: %s", self.definition.id, note)

    def with_warnings(self, output: Any) -> Any:
        """
        Add the node's warnings to its output.

        Args:
            output: The output.

        Returns:
            An object with its warnings as the member `warnings`; any other output unchanged.
        """
        if not self._warnings or not isinstance(output, Mapping):
            return output
        return {**output, "warnings": list(self._warnings)}

    def _logger(self) -> logging.Logger:
        return logging.getLogger(f"{WORKFLOW_LOGGER}{self._session.workflow.id}")

    def record_input(self, value: Any) -> None:
        """
        Record the node's actual input; without this call, the incoming data is recorded.

        Args:
            value: The input.
        """
        self._recorded.input = value

    def take_data(self) -> Any:
        """
        Record the incoming data as the node's input.

        Returns:
            The incoming data.
        """
        self.record_input(self.data)
        return self.data

    def condition(self, expression: str, *, lenient: bool = False) -> dict[str, Any]:
        """
        Choose the handle `true` or `false`; the incoming data flows on.

        Args:
            expression: An expression in braces, or a Python condition in which such expressions
                may stand.
            lenient: Whether a condition that can't be evaluated is false, and a missing value in
                braces is null; each is a warning.

        Returns:
            The node's output: `{"result": …, "handle": …}`.

        Raises:
            InvalidExpressionError: The condition can't be evaluated.
        """
        self.take_data()
        resolve = self._resolve_or_null if lenient else self.resolve
        try:
            result = decide_condition(expression, self.condition_names(), resolve)
        except InvalidExpressionError as error:
            if not lenient:
                raise
            self.warn(error.message)
            result = False
        return self._choose("true" if result else "false", {"result": result})

    def switch(
        self,
        value: Any,
        cases: Sequence[tuple[Any, str]],
        default: str | None = None,
    ) -> dict[str, Any]:
        """
        Choose a handle by a value; the incoming data flows on.

        Args:
            value: The value, or its expression.
            cases: Values (or expressions) with the handle that each value chooses, in order.
            default: The handle when no case equals the value; None chooses no handle.

        Returns:
            The node's output: `{"value": …, "handle": …}`.

        Raises:
            InvalidExpressionError: An expression can't be evaluated.
        """
        self.take_data()
        chosen = self.resolve(value)
        for case, handle in cases:
            if _equal(chosen, self.resolve(case)):
                return self._choose(handle, {"value": chosen})
        return self._choose(default, {"value": chosen})

    def condition_names(self, **more: Any) -> dict[str, Any]:
        """
        Collect the names that a Python condition may use.

        Args:
            more: Further names.

        Returns:
            The contexts of expressions, and `ctx` with the members of the editor's context.
        """
        names = self._session.names(self._outputs, self._local)
        members = ("input", "nodes", "env", "secrets", "execution")
        context = {name: names[name] for name in members}
        context |= {"input_data": names["input"], "global_vars": names["global"]}
        return {**names, "ctx": context, **more}

    def _resolve_or_null(self, text: str) -> Any:
        try:
            return self.resolve(text)
        except InvalidExpressionError as error:
            self.warn(error.message)
            return None

    def _choose(self, handle: str | None, output: dict[str, Any]) -> dict[str, Any]:
        # The empty name matches no handle, so no edge with a handle is taken.
        self._step.handle = handle or ""
        return {**output, "handle": handle}

    def early_return(self, value: Any) -> NoReturn:
        """
        End the run successfully with a value.

        Args:
            value: The run's result; the value may contain expressions.

        Raises:
            EarlyReturn: Always; the run catches this exception.
            InvalidExpressionError: An expression can't be evaluated.
        """
        self.take_data()
        raise EarlyReturn(self.resolve(value))

    async def delay(self, ms: Any) -> Any:
        """
        Wait, then pass on the incoming data.

        Args:
            ms: The wait, milliseconds, or its expression.

        Returns:
            The incoming data.

        Raises:
            InvalidInputError: The value is no number of milliseconds.
            InvalidExpressionError: The expression can't be evaluated.
        """
        data = self.take_data()
        given = self.resolve(ms)
        try:
            wait_ms = float(given) if isinstance(given, (str, int, float)) else -1
        except ValueError:
            wait_ms = -1
        if not 0 <= wait_ms < float("inf"):
            raise InvalidInputError("ms", f"is {given!r}, no number of milliseconds")
        await asyncio.sleep(wait_ms / 1_000)
        return data

    def log(self, level: LogLevel, message: Any, *, data: Any = None) -> dict[str, Any]:
        """
        Write a line to the workflow's log: the logger `flightlog.workflow.ID` of Python's logging.

        Args:
            level: The line's level.
            message: The line; the text may contain expressions.
            data: A value to write after the message.

        Returns:
            The node's output: level, message and data as written.

        Raises:
            InvalidExpressionError: An expression of `data` can't be evaluated; in the message, it
                is an empty text and a warning.
        """
        self.take_data()
        entry: dict[str, Any] = {"level": level, "message": to_text(self.resolve_or_empty(message))}
        line = entry["message"]
        if data is not None:
            entry["data"] = self.resolve(data)
            line += f" {to_text(entry['data'])}"
        concealed = self._session.secrets.conceal(line)
        self._logger().log(_LEVELS.get(level, logging.INFO), "%s", concealed)
        return entry

    async def call(self, body: Callable[[Any], Any]) -> Any:
        """
        Call a function with the incoming data, in a thread unless the function is asynchronous.

        Args:
            body: The function, which may change its argument. The items of a generator are
                streamed, and are collected in a list.

        Returns:
            The function's result.

        Raises:
            Exception: The function raised this exception.
            RuntimeError: The function raised `SystemExit`, which must not end the process.
        """
        # Copy the data because other nodes, the cache, and the next run's defaults share it.
        data = copy_value(self.take_data())
        try:
            return await self._called(body, data)
        except SystemExit as error:
            raise RuntimeError(f"The code raised SystemExit: {error}") from error

    async def _called(self, body: Callable[[Any], Any], data: Any) -> Any:
        if inspect.isasyncgenfunction(body):
            return [await self._passed_on(item) async for item in body(data)]
        if inspect.iscoroutinefunction(body):
            return await body(data)
        if inspect.isgeneratorfunction(body):
            items, generator, end = [], body(data), object()
            while (item := await run_in_thread(lambda: next(generator, end))) is not end:
                items.append(await self._passed_on(item))
            return items
        return await run_in_thread(lambda: body(data))

    async def _passed_on(self, item: Any) -> Any:
        await self.emit(item)
        return item

    async def emit(self, chunk: Any) -> None:
        """
        Send a piece of the output to the caller, if the run streams and this node is its end.

        Args:
            chunk: Text, or any value.
        """
        if self._emit is not None and self._step.is_end:
            await self._emit(chunk)

    def partial(self, output: Any) -> None:
        """
        Record the output so far, because a later failure may leave it as the last output.

        Args:
            output: The partial output.
        """
        self._recorded.output = output


def _variables(value: Any) -> dict[str, Any]:
    # The names of functions stay functions, whatever an input's members are called.
    if not isinstance(value, Mapping):
        return {}
    return {
        name: member
        for name, member in value.items()
        if isinstance(name, str) and name.isidentifier() and name not in _NO_VARIABLES
    }


def _equal(value: Any, case: Any) -> bool:
    if value == case and isinstance(value, bool) == isinstance(case, bool):
        return True
    # A manifest often writes a case as text although the value is a number or a boolean.
    return isinstance(case, str) and not isinstance(value, str) and _as_text(value) == case


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else None
