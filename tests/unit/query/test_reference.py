"""The page about queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flightlog.query import parse
from flightlog.query.reference import QUESTIONS, write_reference
from flightlog.store.query import EVERYTHING
from flightlog.store.sqlite import SqliteStore
from support.queries import READER
from support.records import record

DOCS = Path(__file__).parents[3] / "docs" / "inspect" / "query.md"
EXAMPLES = re.findall(r"^\| [^|]+\? \| `(.+)` \|$", write_reference(), re.MULTILINE)


def test_the_page_in_the_docs_is_what_the_program_says() -> None:
    """`docs/inspect/query.md` equals the output of `python -m flightlog.query.reference`."""
    assert DOCS.read_text(encoding="utf-8") == write_reference()


@pytest.mark.parametrize("query", EXAMPLES)
def test_every_example_is_a_query(query: str) -> None:
    """The examples can be read."""
    assert len(EXAMPLES) == 11
    assert parse(query, READER) is not None


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """Make a history in which each question has one answer, whose id is the question's number."""
    answers: list[dict[str, Any]] = [
        {"status": "success", "tags": {"reason": "the card was declined"}},
        {"workflowName": "Sync", "status": "error", "error": {"message": "declined"}},
        {"tags": {"project_id": "17"}},
        {"trigger": {"type": "t", "data": {"ops": {"load": {"config": "s3://x/EU-West-1/a"}}}}},
        {"workflowName": "foo", "tags": {"partition": "12-01-2019"}},
        {"id": QUESTIONS[5].query},
        {"startedAt": "2026-11-29T19:30:00Z"},
        {"nodeExecutions": [node(output={"customer": [{"customerId": 7021}]})]},
        {"nodeExecutions": [node(input={"zh": "你好，今天我能帮你什么？"})]},
        {"nodeExecutions": [node(input="HEADa8a340" + "x" * 1_500 + "TAILa8a34087")]},
        # These answer no question.
        {"workflowName": "foo", "tags": {"partition": "12-02-2019", "project_id": "170"}},
        {"status": "running", "nodeExecutions": [node(output={"customerId": 70211})]},
    ]
    store = SqliteStore(tmp_path_factory.mktemp("history") / "history.db")
    store.merge(
        [
            record(**{"execution_id": str(number), "startedAt": "2026-11-20T10:00:00Z", **answer})
            for number, answer in enumerate(answers)
        ]
    )
    yield store
    store.close()


def node(**payloads: Any) -> dict[str, Any]:
    """Make a node execution."""
    return {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success", **payloads}


@pytest.mark.parametrize(
    ("number", "query"), [(number, each.query) for number, each in enumerate(QUESTIONS)]
)
def test_each_question_of_a_tracker_has_one_query(
    number: int, query: str, store: SqliteStore
) -> None:
    """The query finds the answer in a small history, and nothing else."""
    assert len(QUESTIONS) == 10
    chosen = EVERYTHING.narrow(parse(query, READER)).make_page_query()
    found = [summary.id for summary in store.list_summaries(chosen).summaries]
    assert found == [query if number == 5 else str(number)]


def test_the_threads_are_of_the_six_systems() -> None:
    """Each of the systems has a question, and each thread is in the page with its link."""
    owners = {each.thread.partition("/")[0] for each in QUESTIONS}
    assert owners == {
        *("n8n-io", "PrefectHQ", "dagster-io"),
        *("temporalio", "kestra-io", "langfuse"),
    }
    assert write_reference().count("https://github.com/") == len(QUESTIONS)
