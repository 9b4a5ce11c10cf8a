"""Random expressions of the query language, as the parser makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import strategies as st

from flightlog.query import Expression, Reader
from flightlog.query.expressions import (
    And,
    AnyOf,
    Between,
    Condition,
    Costs,
    Exact,
    Not,
    Or,
    Part,
    Path,
    Pattern,
)
from flightlog.query.fields import FIELDS, Field
from flightlog.query.scanner import is_literal

READER = Reader(now=datetime(2026, 11, 29, 20, tzinfo=UTC), zone=UTC)
TEXTS = st.text(min_size=1, max_size=8)
WORDS = st.sampled_from(
    ["a", "A-17", "Straße", "STRASSE", "注文", "x y", "7", "1.0", "null", "~", "*"]
)
NUMBERS = st.sampled_from(["0", "-0.0", "1", "1.0", "1e0", "10", "-7.25", "9" * 30, "1E400", "2.5"])
NAMES = st.sampled_from(["a", "b", "c.d", "é", 'q"', "", "items"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 - UTC below
    lambda moment: moment.isoformat(timespec="microseconds") + "Z"
)
DURATIONS = st.integers(0, 10**7).map(lambda number: f"{number}ms")
AMOUNTS = st.sampled_from(["0", "0.05", "12", "15", "2500"])
PATHS: st.SearchStrategy[Path] = st.lists(NAMES | st.integers(0, 2), max_size=3).map(tuple)


class Pool(NamedTuple):
    """The values from which random conditions are made."""

    texts: st.SearchStrategy[str] = WORDS | TEXTS
    numbers: st.SearchStrategy[str] = NUMBERS
    paths: st.SearchStrategy[Path] = PATHS
    moments: st.SearchStrategy[str] = MOMENTS
    durations: st.SearchStrategy[str] = DURATIONS
    amounts: st.SearchStrategy[str] = AMOUNTS


def exact(field: Field, pool: Pool) -> st.SearchStrategy[Exact]:
    """Make tests of whole values."""
    if field.kind == "choice":
        return st.sampled_from([Exact(choice) for choice in field.choices])
    texts = pool.texts.map(Exact)
    if field.kind != "payload":
        return texts
    literals = pool.numbers | st.sampled_from(["true", "false", "null"])
    return texts | literals.filter(is_literal).map(lambda text: Exact(text, is_literal=True))


def values(field: Field, pool: Pool) -> st.SearchStrategy[Any]:
    """Make tests of a value, also of its parts."""
    if field.kind == "choice":
        return exact(field, pool)
    patterns = st.sampled_from(["*", "a*", "*A*7", "**", "*@example.com"]).map(Pattern)
    return exact(field, pool) | patterns | pool.texts.map(Part)


def ranges(ends: st.SearchStrategy[str]) -> st.SearchStrategy[Between]:
    """Make ranges that have a text."""
    return st.one_of(
        st.builds(lambda low, closed: Between(low=low, with_low=closed), ends, st.booleans()),
        st.builds(lambda high, closed: Between(high=high, with_high=closed), ends, st.booleans()),
        st.builds(
            lambda low, high, closed: Between(low, high, with_high=closed),
            ends,
            ends,
            st.booleans(),
        ),
    )


def conditions(field: Field, pool: Pool) -> st.SearchStrategy[Condition]:
    """Make conditions on a field."""
    if field.kind == "time":
        return ranges(pool.moments).map(lambda test: Condition(field.name, test))
    if field.kind == "duration":
        return ranges(pool.durations).map(lambda test: Condition(field.name, test))
    if field.kind == "number":
        amounts = ranges(pool.amounts)
        if field.name == "cost":
            return amounts.map(lambda test: Condition("cost", Costs(test, READER.read_prices())))
        return amounts.map(lambda test: Condition(field.name, test))
    tests = values(field, pool)
    tests |= st.lists(tests, min_size=1, max_size=3).map(lambda some: AnyOf(tuple(some)))
    if field.kind == "payload":
        tests |= ranges(pool.numbers | st.sampled_from(["2026-11-22", "7-a"]))
    paths = pool.paths if field.takes_path else st.just(())
    return st.builds(lambda test, path: Condition(field.name, test, path), tests, paths).filter(
        lambda condition: not (field.name == "trigger" and condition.path[:1] == ("type",))
    )


def expressions(pool: Pool | None = None, *, nodes: bool = False) -> st.SearchStrategy[Expression]:
    """
    Make expressions, by default on every field.

    Args:
        pool: The values in the conditions.
        nodes: Only conditions on nodes.
    """
    known = [field for field in FIELDS.values() if field.stands_for is None]
    if nodes:
        known = [field for field in known if field.of_node]
    chosen = pool or Pool()
    leaves = st.sampled_from(known).flatmap(lambda field: conditions(field, chosen))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda terms: And(tuple(terms))),
            st.lists(inner, min_size=2, max_size=3).map(lambda terms: Or(tuple(terms))),
        ),
        max_leaves=6,
    )
