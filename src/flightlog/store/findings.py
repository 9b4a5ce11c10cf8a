"""The answers beside the found executions: where they match, and how they are spread."""

from __future__ import annotations

from msgspec import Struct


class QueryMatch(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A place at which an execution matches a query."""

    node: str | None
    """The name of the node; null for the execution's own values."""
    path: str
    """The place as a query names it, e.g. `output.items[0].sku`, `error` or `tag.customer`."""
    snippet: str
    """The value, at most 160 characters; a longer value is cut around the match."""
    highlights: tuple[tuple[int, int], ...]
    """
    The parts of the snippet that match: start and end, counted in UTF-16 code units, as JavaScript
    counts.
    """
    node_id: str | None = None
    """The id of the node."""
    sequence: int | None = None
    """The sequence of the node execution."""
    pointer: str | None = None
    """The place in the payload as a JSON pointer; absent outside of payloads."""


class FacetValue(Struct, frozen=True, kw_only=True):
    """A value that some executions have."""

    value: str
    """The value: an id, a name or a status; for tags the name and the value, with a colon."""
    label: str
    """The value for people, e.g. the workflow's name."""
    count: int
    """The number of counted executions with the value."""
    term: str
    """The query that chooses the executions with the value."""


class Facets(Struct, frozen=True, kw_only=True, rename="camel"):
    """The most frequent values of executions, at most 20 each, the most frequent first."""

    workflow: tuple[FacetValue, ...]
    """The workflows."""
    status: tuple[FacetValue, ...]
    """The statuses; `error` includes `crashed`."""
    node: tuple[FacetValue, ...]
    """The nodes, by name."""
    tag: tuple[FacetValue, ...]
    """The tags."""
    error_kind: tuple[FacetValue, ...]
    """The kinds of errors."""
    model: tuple[FacetValue, ...]
    """The language models that were called."""


class FacetPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """The facets of the newest executions that a filter chooses."""

    facets: Facets
    """The facets."""
    executions: int
    """The number of counted executions."""
    searched_to: str | None
    """The start time that the count reached, canonical time; null if it counted everything."""
