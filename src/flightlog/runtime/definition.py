"""The definitions of nodes, loops and parallels, as a workflow's decorators declare them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, TypedDict

from msgspec import Struct

# The types are loose because a definition imports neither nodes nor runs: a node's function takes
# a `Node`, and a group's function takes a `Run`.
NodeFunction: TypeAlias = Callable[[Any], Awaitable[Any]]
GroupFunction: TypeAlias = Callable[[Any], Awaitable[None]]
Backoff: TypeAlias = Literal["linear", "exponential"]
OnError: TypeAlias = Literal["throw", "continue", "fallback"]
ParallelMode: TypeAlias = Literal["all", "race", "allSettled"]

MAX_RETRY_DELAY_MS: Final = 300_000
"""The longest wait between two attempts, milliseconds."""


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final[Any] = _Unset()
"""Marks an option that isn't given, because None can be a value."""


class Attempts(Struct, frozen=True, kw_only=True):
    """How many attempts a node has, and how long each attempt may take."""

    timeout_ms: float | None = None
    """The time limit of one attempt, milliseconds; None means no limit."""
    retries: int = 0
    """How many attempts may follow the first attempt."""
    retry_delay_ms: float = 1_000
    """The wait after the first failed attempt, milliseconds."""
    retry_backoff: Backoff = "exponential"
    """How the wait grows: by the same amount each time (`linear`), or twofold (`exponential`)."""

    def delay_s(self, attempt: int) -> float:
        """
        Compute the wait after a failed attempt.

        Args:
            attempt: The number of the failed attempt, counted from 1.

        Returns:
            The wait, seconds; at most `MAX_RETRY_DELAY_MS`.
        """
        factor = attempt if self.retry_backoff == "linear" else 2 ** min(attempt - 1, 32)
        return min(self.retry_delay_ms * factor, MAX_RETRY_DELAY_MS) / 1_000


class Failure(Struct, frozen=True, kw_only=True):
    """The reaction to a node's failure."""

    on_error: OnError = "throw"
    """`throw` ends the run; `continue` goes on without an output; `fallback` goes on with one."""
    fallback_value: Any = None
    """The output that `fallback` uses; the value may contain expressions."""


class Options(TypedDict, total=False):
    """The options that every decorator accepts."""

    timeout_ms: float | None
    """The time limit of one attempt, milliseconds; None means no limit."""
    retries: int | None
    """
    How many attempts may follow the first attempt. For a node, None means the workflow's value. For
    a loop or parallel, each attempt repeats the whole group, and None means no further attempt.
    """
    retry_delay_ms: float | None
    """The wait after the first failed attempt, milliseconds; None means the workflow's value."""
    retry_backoff: Backoff | None
    """How that wait grows; None means the workflow's value."""
    on_error: OnError
    """The reaction when the last attempt has failed."""
    fallback_value: Any
    """The output that `fallback` uses; the value may contain expressions."""
    cache: Mapping[str, Any] | None
    """
    `{"ttl_s": …, "key": …}`: how long a cached output is valid for one key; the key is optional.
    """
    pinned: Any
    """The node's output in test mode; a node with a pinned output doesn't run there."""
    notes: Sequence[str]
    """Sentences for the node's log at each run, on what the manifest says about it in vain."""


class Definition(Struct, frozen=True, kw_only=True):
    """A node, loop or parallel, as its decorator declares it."""

    id: str
    """The node's id in the workflow."""
    name: str
    """The node's name for people."""
    type: str
    """The node's type in the manifest."""
    attempts: Attempts = Attempts()
    """How often the node is tried."""
    failure: Failure = Failure()
    """The reaction when the node has failed."""
    pinned: Any = UNSET
    """The node's output in test mode; a node with a pinned output doesn't run there."""
    cache: Mapping[str, Any] | None = None
    """
    `{"ttl_s": …, "key": …}`: how long a cached output is valid for one key; the key is optional.
    """
    notes: Sequence[str] = ()
    """Sentences for the node's log at each run, on what the manifest says about it in vain."""


class NodeDefinition(Definition, frozen=True, kw_only=True):
    """A node that runs a function."""

    function: NodeFunction
    """The function that the node runs."""


class LoopDefinition(Definition, frozen=True, kw_only=True):
    """A node that runs its children once for each item."""

    function: GroupFunction
    """The function that runs the loop's children as steps."""
    items: Any
    """A list, or an expression that gives a list."""
    max_concurrency: int = 1
    """How many items run at the same time."""


class ParallelDefinition(Definition, frozen=True, kw_only=True):
    """A node that runs its children concurrently."""

    function: GroupFunction
    """The function that runs the parallel's children as steps."""
    mode: ParallelMode = "all"
    """Decides the parallel's output, and when the parallel fails."""
