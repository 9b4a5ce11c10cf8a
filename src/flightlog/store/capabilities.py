"""The capabilities that a kind of history may lack, each by a name for people."""

from __future__ import annotations

from enum import StrEnum


class Capability(StrEnum):
    """A part of the contract of stores that not every kind of history has."""

    QUERIES = "searching with the query language"
    MATCHES = "saying where executions match a query"
    FACETS = "counting the most frequent values"
    RANKING = "listing by duration"
    TRIGGER_FACTS = "showing what distinguishes executions by their triggers"
    SEARCHED_COUNTS = "counting executions that no aggregate counts"
    SERIES = "counting over time"
    COMPARISON = "comparing periods"
    WORKFLOWS = "counting by workflow"
    NODES = "timing nodes"
    ERROR_GROUPS = "grouping errors"
    OUTSIDE_CALLS = "counting calls outside of executions"
    OUTLINES = "showing an execution without its payloads"
    PRUNING = "keeping a history within limits"
    SPACE = "measuring what takes the space"
    USAGE = "adding up the tokens of models"
    INDEX = "indexing what queries search"
