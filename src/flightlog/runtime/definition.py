"""What a workflow's decorators say of its nodes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, TypeAlias, TypedDict

from msgspec import Struct

# A definition imports neither nodes nor runs, so that these say less than they could: a node's
# function takes a `Node`, a group's takes a `Run`.
NodeFunction: TypeAlias = Callable[[Any], Awaitable[Any]]
GroupFunction: TypeAlias = Callable[[Any], Awaitable[None]]
Backoff: TypeAlias = Literal["linear", "exponential"]
OnError: TypeAlias = Literal["throw", "continue", "fallback"]
ParallelMode: TypeAlias = Literal["all", "race", "allSettled"]

MAX_RETRY_DELAY_MS: Final = 300_000
"""No attempt waits longer than this for the next."""


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final[Any] = _Unset()
"""In the place of an option that wasn't given; None may be a value."""


class Attempts(Struct, frozen=True, kw_only=True):
    """How often a node is tried, and how long."""

    timeout_ms: float | None = None
    """How long one attempt may take, milliseconds; None is for ever."""
    retries: int = 0
    """How many further attempts follow a failed one."""
    retry_delay_ms: float = 1_000
    """The wait after the first failed attempt, milliseconds."""
    retry_backoff: Backoff = "exponential"
    """How the wait grows: by as much each time, or twofold."""

    def delay_s(self, attempt: int) -> float:
        """How long to wait after an attempt, counted from 1; seconds."""
        factor = attempt if self.retry_backoff == "linear" else 2 ** min(attempt - 1, 32)
        return min(self.retry_delay_ms * factor, MAX_RETRY_DELAY_MS) / 1_000


class Failure(Struct, frozen=True, kw_only=True):
    """What follows when a node has failed."""

    on_error: OnError = "throw"
    """`throw` ends the run; `continue` and `fallback` go on, without an output and with one."""
    fallback_value: Any = None
    """The output instead, for `fallback`; it may hold expressions."""


class Options(TypedDict, total=False):
    """What every decorator may say of its node, besides what it does."""

    timeout_ms: float | None
    """How long one attempt may take, milliseconds; None is for ever."""
    retries: int | None
    """
    How many further attempts follow a failed one. None, of a node: as the workflow says; of a loop
    or parallel, whose attempts are of all of it: none.
    """
    retry_delay_ms: float | None
    """The wait after the first failed attempt, milliseconds; None: as the workflow says."""
    retry_backoff: Backoff | None
    """How that wait grows; None: as the workflow says."""
    on_error: OnError
    """What follows when its last attempt has failed."""
    fallback_value: Any
    """The output instead, for `fallback`; it may hold expressions."""
    cache: Mapping[str, Any] | None
    """`{"ttl_s": …, "key": …}`: how long an output serves for one key; the key may be left out."""
    pinned: Any
    """Its output in test mode, in which it doesn't run then."""


class Definition(Struct, frozen=True, kw_only=True):
    """A node, loop or parallel, as it was decorated."""

    id: str
    """Its id in the workflow."""
    name: str
    """Its name for people."""
    type: str
    """The manifest's type."""
    attempts: Attempts = Attempts()
    """How often it is tried."""
    failure: Failure = Failure()
    """What follows when it has failed."""
    pinned: Any = UNSET
    """Its output in test mode, in which it doesn't run then."""
    cache: Mapping[str, Any] | None = None
    """`{"ttl_s": …, "key": …}`: how long an output serves for one key; the key may be left out."""


class NodeDefinition(Definition, frozen=True, kw_only=True):
    """A node that does something."""

    function: NodeFunction
    """What it does."""


class LoopDefinition(Definition, frozen=True, kw_only=True):
    """A node that runs its children once for each item."""

    function: GroupFunction
    """Its children, as steps."""
    items: Any
    """A list, or the expression of one."""
    max_concurrency: int = 1
    """How many items at a time."""


class ParallelDefinition(Definition, frozen=True, kw_only=True):
    """A node that runs its children side by side."""

    function: GroupFunction
    """Its children, as steps."""
    mode: ParallelMode = "all"
    """What its output is, and when it fails."""
