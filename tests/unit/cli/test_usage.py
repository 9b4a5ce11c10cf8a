"""Tokens and costs in the output of commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.usage import format_sum
from flightlog.logger import ExecutionLogger
from flightlog.models import UsageSum
from support.records import record

Flightlog = Callable[..., Any]
PRICES = """
[[prices]]
source = "our contract"
read = 2026-11-30
models = [{ model = "ours", input = 1.0, output = 10.0 }]
"""


def add_calls(history: Path) -> None:
    """Store a run with a call of a priced model, and one of an unknown model, and index them."""
    nodes = [
        {
            "sequence": place,
            "nodeId": f"n{place}",
            "nodeName": "Ask",
            "nodeType": "t",
            "status": "success",
            "output": {
                "model": model,
                "usage": {"input_tokens": 12_000, "output_tokens": 400},
                "role": "assistant",
                "content": "Hi",
            },
        }
        for place, model in enumerate(("ours-2026-01-01", "unheard-of"))
    ]
    with ExecutionLogger(history) as logger:
        logger.log_executions([record("asked-1", nodeExecutions=nodes)])
        while logger.writer.index_portion().more:
            pass


def test_lists_show_tokens_where_a_run_has_them(
    history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The column appears with the first call, and the prices are those of the setting."""
    assert "tokens" not in flightlog("list", "--db", history).out
    add_calls(history)
    (tmp_path / "prices.toml").write_text(PRICES)
    monkeypatch.setenv("FLIGHTLOG_MODEL_PRICES", str(tmp_path / "prices.toml"))
    for command in (("list",), ("search", "status:success")):
        head, *lines = flightlog(*command, "--db", history).out.splitlines()
        assert head.split()[-2:] == ["tokens", "execution"]
        (line,) = [line for line in lines if "asked-1" in line]
        assert "24.8k ≥ $0.016" in line
    narrow = flightlog("list", "--db", history, "--limit", 1)
    assert narrow.code == 0


def test_stats_add_up_each_model(history: Path, flightlog: Flightlog) -> None:
    """A table has the models, and JSON has them, too, if there are any."""
    assert "models" not in json.loads(flightlog("stats", "--json", "--db", history).out)
    add_calls(history)
    shown = flightlog("stats", "--db", history).out.splitlines()
    assert [line.split() for line in shown[-3:]] == [
        ["ours-2026-01-01", "1", "12.0k", "400", "unknown"],
        ["unheard-of", "1", "12.0k", "400", "unknown"],
        ["all", "2", "24.0k", "800", "unknown"],
    ]
    found = json.loads(flightlog("stats", "--json", "--db", history).out)["models"]
    assert (found["total"]["inputTokens"], len(found["models"])) == (24_000, 2)


@pytest.mark.parametrize(
    ("tokens", "cost_usd", "unpriced", "expected"),
    [
        (812, None, 1, "812"),
        (999, 0.0, 0, "999 $0.00"),
        (19, 1.7e-05, 0, "19 $0.000017"),
        (12_400, 0.0421, 0, "12.4k $0.042"),
        (3_100_000, 1_234.5, 2, "3.1M ≥ $1,234.50"),
    ],
)
def test_sums_are_short(tokens: int, cost_usd: float | None, unpriced: int, expected: str) -> None:
    """Tokens have at most four digits, and an incomplete cost says so."""
    found = UsageSum(
        calls=3,
        input_tokens=tokens,
        output_tokens=0,
        models=(),
        unpriced=unpriced,
        cost_usd=cost_usd,
    )
    assert format_sum(found) == expected
