"""Secrets reach the calls that use them, and never a record."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from flightlog.errors import InvalidExpressionError, UnusableSecretError
from flightlog.runtime import Node, Secret
from flightlog.runtime.secrets import SHORTEST, Secrets
from support.workflows import History, chain, node, run_alone

VALUE = "Sk-Live-9f8e7d6c5b4a"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN_NAME", VALUE)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("secrets.SHOP_TOKEN_NAME", VALUE),
        ("secrets['SHOP_TOKEN_NAME']", VALUE),
        ("lowercase(secrets.SHOP_TOKEN_NAME)", VALUE.lower()),
        ("secrets.SHOP_TOKEN_NAME | uppercase", VALUE.upper()),
        ("secrets.SHOP_TOKEN_NAME | truncate(9)", VALUE[:9]),
        ("secrets.SHOP_TOKEN_NAME[3:12]", VALUE[3:12]),
        ("secrets.SHOP_TOKEN_NAME[::-1]", VALUE[::-1]),
        ("secrets.SHOP_TOKEN_NAME.split('-')[2]", VALUE.split("-")[2]),
        ("secrets.SHOP_TOKEN_NAME | replace('-', '_')", VALUE.replace("-", "_")),
        ("concat('Bearer ', secrets.SHOP_TOKEN_NAME | lowercase)", f"Bearer {VALUE.lower()}"),
        ("(secrets.SHOP_TOKEN_NAME ~ '!') | uppercase", f"{VALUE.upper()}!"),
        ("{'a': [secrets.SHOP_TOKEN_NAME]} | json | uppercase | parse", {"A": [VALUE.upper()]}),
        ("nodes.first.output.again | uppercase | truncate(12)", VALUE.upper()[:12]),
        ("nodes.first.output.again[2:]", VALUE[2:]),
    ],
)
def test_what_is_made_of_a_secret_reaches_the_call_and_no_record(
    history: History, expression: str, value: Any
) -> None:
    """Even a secret that passes through another node's output stays out of records."""
    workflow = history.workflow(secrets=("SHOP_TOKEN_NAME",))
    seen: list[Any] = []
    first = node(
        workflow, "first", lambda node: {"again": node.resolve("{{ secrets.SHOP_TOKEN_NAME }}")}
    )

    def use(node: Node) -> Any:
        config = node.given(value=f"{{{{ {expression} }}}}")
        seen.append(config["value"])
        return config

    chain(workflow, first, node(workflow, "use", use))
    assert workflow.run().error is None
    assert seen == [value]
    records = b"\n".join(history.lines())
    made = value["A"][0] if isinstance(value, dict) else value
    texts = [VALUE, made]
    for text in (*texts, *(base64.b64encode(text.encode()).decode() for text in texts)):
        assert text.encode() not in records


@pytest.mark.parametrize(
    "expression",
    [
        "secrets",
        "secrets | json",
        "first(secrets.SHOP_TOKEN_NAME)",
        "secrets.SHOP_TOKEN_NAME[0]",
        "secrets.SHOP_TOKEN_NAME | truncate(3)",
        "secrets.SHOP_TOKEN_NAME.split('')",
        "secrets.NONE",
    ],
)
def test_what_can_t_be_kept_out_of_the_record_is_refused(history: History, expression: str) -> None:
    """Expressions can take neither all secrets at once nor pieces too short to be recognized."""
    workflow = history.workflow(secrets=("SHOP_TOKEN_NAME",))
    outcome = run_alone(workflow, lambda node: node.resolve(f"{{{{ {expression} }}}}"))
    if outcome.error is not None:
        assert isinstance(outcome.error, InvalidExpressionError)
    assert VALUE.encode() not in b"".join(history.lines())


def test_a_secret_in_the_trigger_s_data_is_not_recorded(history: History) -> None:
    """Secrets are registered before anything is recorded."""
    workflow = history.workflow(secrets=("SHOP_TOKEN_NAME",))
    run_alone(workflow, lambda node: node.data, {"pasted": f"here: {VALUE}"})
    assert VALUE.encode() not in b"".join(history.lines())


def test_a_secret_in_an_error_is_not_recorded(history: History) -> None:
    """Neither the error's message nor its stack contains the secret."""

    def fail(node: Node) -> None:
        raise ValueError(node.resolve("{{ secrets.SHOP_TOKEN_NAME }}"))

    run_alone(history.workflow(secrets=("SHOP_TOKEN_NAME",)), fail)
    assert VALUE.encode() not in b"".join(history.lines())


def test_secrets_come_from_the_environment_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A required secret must be set; an optional secret may be missing or have a default."""
    received: list[str] = []
    monkeypatch.delenv("OTHER", raising=False)
    secrets = Secrets(
        ("SHOP_TOKEN_NAME", Secret("OTHER", required=False), Secret("THIRD", default="by default")),
        received.append,
    )
    assert secrets.load() == {"SHOP_TOKEN_NAME": VALUE, "THIRD": "by default"}
    assert received == [VALUE, "by default"]
    assert secrets.conceal(f"a {VALUE} b") == "a [SECRET] b"
    with pytest.raises(UnusableSecretError, match="OTHER"):
        secrets.value("OTHER")
    monkeypatch.delenv("SHOP_TOKEN_NAME")
    with pytest.raises(UnusableSecretError, match="SHOP_TOKEN_NAME"):
        secrets.load()


def test_a_secret_too_short_to_be_found_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short text occurs in records by chance, so redaction can't remove it."""
    monkeypatch.setenv("SHORT_ONE", "x" * (SHORTEST - 1))
    with pytest.raises(UnusableSecretError, match="SHORT_ONE"):
        Secrets(("SHORT_ONE",), lambda _: None).load()
