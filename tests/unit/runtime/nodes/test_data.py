"""Nodes that process their incoming data: editFields, validate, log."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from flightlog.errors import InvalidInputError, InvalidWorkflowError
from flightlog.runtime import static
from flightlog.runtime.nodes.data import edit_fields, validate
from support.workflows import History, nodes_of, plain, run_alone


@pytest.mark.parametrize(
    ("mode", "edited"), [("merge", {"a": 1, "b": 2, "c": [1]}), ("replace", {"b": 2, "c": [1]})]
)
def test_fields_are_set(history: History, mode: Any, edited: Any) -> None:
    """`merge` keeps the other members, and `replace` drops them."""
    fields = {"b": "{{ input.a + 1 }}", "c": ["{{ input.a }}"]}
    outcome = run_alone(
        history.workflow(),
        lambda node: edit_fields(node, fields=fields, mode=mode),
        {"a": 1, "b": 0},
    )
    assert outcome.value == edited
    (only,) = nodes_of(history.execution(), "only")
    assert plain(only.input) == {"a": 1, "b": 0}


def test_fields_can_t_be_set_on_what_is_no_object(history: History) -> None:
    """Missing data counts as an empty object."""
    workflow = history.workflow()
    error = run_alone(workflow, lambda node: edit_fields(node, fields={"a": 1}), [1]).error
    assert isinstance(error, InvalidInputError)
    assert workflow.run(None).value == {"a": 1}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"items": [{"n": 1}, {"n": "x"}]}, "input.items[1].n"),
        ({"items": 3}, "input.items"),
        ({}, "input"),
        ("x", "input"),
    ],
)
def test_what_a_schema_refuses_is_an_error_that_names_the_path(
    history: History, given: Any, path: str
) -> None:
    """Valid data passes on unchanged."""
    item = {"type": "object", "properties": {"n": {"type": "number"}}}
    schema = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": item}},
    }
    workflow = history.workflow()
    error = run_alone(workflow, lambda node: validate(node, schema=schema), given).error
    assert isinstance(error, InvalidInputError)
    assert error.path == path
    assert workflow.run({"items": [{"n": 1}]}).value == {"items": [{"n": 1}]}


def test_a_schema_may_be_static_a_boolean_or_none_at_all(history: History) -> None:
    """Texts in a schema are no expressions, and an invalid schema is an error."""
    wrapped = static({"const": "{{ x }}"})
    run_alone(history.workflow("a"), lambda node: validate(node, schema=wrapped), "{{ x }}")
    assert run_alone(history.workflow("b"), lambda node: validate(node, schema=True), 1).value == 1
    error = run_alone(
        history.workflow("c"), lambda node: validate(node, schema={"type": 1}), 1
    ).error
    assert isinstance(error, InvalidWorkflowError)


def test_a_line_goes_to_the_workflow_s_log(
    history: History, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line has its level and contains no secret; the written values are the node's output."""
    monkeypatch.setenv("SHOP_KEY", "log-test-key-123456")
    caplog.set_level(logging.DEBUG, "flightlog.workflow.order-intake")
    outcome = run_alone(
        history.workflow(secrets=("SHOP_KEY",)),
        lambda node: node.log(
            "warn", "n is {{ input.n }}: {{ secrets.SHOP_KEY }}", data="{{ input }}"
        ),
        {"n": 3},
    )
    assert outcome.value["data"] == {"n": 3}
    (line,) = [record for record in caplog.records if record.name.startswith("flightlog.workflow")]
    assert (line.levelname, line.getMessage()) == ("WARNING", 'n is 3: [SECRET] {"n":3}')
