from __future__ import annotations

import pytest

from flightlog.runtime.nodes.prompts import prompt_template
from support.workflows import History, nodes_of, plain, run_alone


def test_a_prompt_is_made_of_messages_and_variables(history: History) -> None:
    """Variables may contain expressions, and the messages use their names."""
    outcome = run_alone(
        history.workflow(),
        lambda node: prompt_template(
            node,
            system="Be {{ tone }}.",
            messages=[
                {"role": "system", "content": "Answer in {{ input.language }}."},
                {"role": "user", "content": "{{ input.question }} ({{ tone | uppercase }})"},
            ],
            variables={"tone": "{{ input.tone }}"},
        ),
        {"tone": "brief", "language": "German", "question": "Why?"},
    )
    assert outcome.value == {
        "system": "Be brief.",
        "messages": [
            {"role": "system", "content": "Answer in German."},
            {"role": "user", "content": "Why? (BRIEF)"},
        ],
        "metadata": {
            "template_count": 2,
            "variables_used": ["input.language", "input.question", "tone", "tone | uppercase"],
        },
    }
    (only,) = nodes_of(history.execution(), "only")
    assert plain(only.input)["variables"] == {"tone": "brief"}


@pytest.mark.parametrize(
    ("text", "made", "warned"),
    [
        ("Hi {{ missing }}!", "Hi !", "names `missing`, which there is not"),
        ("{{ nodes.gone.output.x }}", "", "nodes.gone"),
        ("{{#if x}}a{{/if}}", "a", "is not valid"),
        ("{{ input.no.such }}", "", "has no `no`"),
        ("all {{ secrets }}", "all ", "must not be recorded"),
        ("a {{ without end", "a {{ without end", None),
        ("Hi {{ name }}", "Hi Ada", None),
        ("{{ tone }} {{ input.name }} {{ null }}", "kind Ada ", None),
    ],
)
def test_what_a_template_can_t_fill_in_is_empty_with_a_warning(
    history: History, text: str, made: str, warned: str | None
) -> None:
    """The warning is in the node's output; the members of the input are names."""
    outcome = run_alone(
        history.workflow(),
        lambda node: prompt_template(
            node, messages=[{"role": "user", "content": text}], variables={"tone": "kind"}
        ),
        {"name": "Ada"},
    )
    value = outcome.value
    assert value["messages"] == [{"role": "user", "content": made}]
    if warned is None:
        assert "warnings" not in value
    else:
        assert warned in value["warnings"][0]
