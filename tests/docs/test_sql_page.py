"""`docs/inspect/sql.md` is true: its queries run, and its tables have every column."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from flightlog.capture import Recorder
from flightlog.store.sqlite.sql import MAX_VALUE_BYTES, list_views, run_sql

PAGE = (Path(__file__).parents[2] / "docs/inspect/sql.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history of an order intake with tags, logs and a failure."""
    directory = tmp_path_factory.mktemp("page")
    path = directory / "executions.db"
    recorder = Recorder(
        "order-intake",
        "Order intake",
        url=f"sqlite:{path}",
        spool_dir=directory,
    )

    @recorder.node(node_id="charge")
    def charge(customer: str, total_cents: int) -> dict[str, str]:
        logging.getLogger("shop").warning("charging %s", customer)
        if total_cents > 100_000:
            raise ValueError("the limit is exceeded")
        return {"customer": customer}

    @recorder.workflow(tags={"customer": "{customer}"})
    def take_order(customer: str, total_cents: int) -> dict[str, str]:
        return charge(customer=customer, total_cents=total_cents)

    take_order("Ada", 20_000)
    with pytest.raises(ValueError, match="the limit"):
        take_order("Grace", 200_000)
    recorder.close(60)
    return path


@pytest.mark.parametrize("query", QUERIES)
def test_each_recipe_finds_something(history: Path, query: str) -> None:
    """Each query of the page runs on a recorded history and returns rows without a gap."""
    with run_sql(history, query, timeout_s=60) as result:
        rows = list(result.rows)
    assert rows
    assert any(value is not None for value in rows[0])


def test_every_column_is_described() -> None:
    """The table of each view has a row, or a part of a row, for each column."""
    assert len(QUERIES) > 5
    for view in list_views():
        section = PAGE.split(f"### {view.name}\n")[1].split("\n#")[0]
        described = re.findall(r"`(\w+)`(?=[^|]*\|[^|]*\|$)", section, re.MULTILINE)
        assert set(view.columns) == set(described)


def test_the_limits_are_true() -> None:
    """The page names the largest value."""
    assert f"| {MAX_VALUE_BYTES // 2**20} MiB |" in PAGE
