from __future__ import annotations

from pathlib import Path

from flightlog.record.merge import merge
from flightlog.store.sqlite import SqliteStore
from support.records import record


def test_a_record_of_very_many_nodes_is_stored_whole_in_one_transaction(tmp_path: Path) -> None:
    """
    A record of very many nodes is written in portions of one transaction.

    A later portion finds the payloads of an earlier portion.
    """
    node = {"nodeName": "N", "nodeType": "t", "status": "success"}
    whole = record(
        "many",
        nodeExecutions=[
            {**node, "nodeId": f"node-{place}", "input": {"text": f"{place % 7}" * 200}}
            for place in range(4_500)
        ],
    )
    store = SqliteStore(tmp_path / "history.db")
    assert store.merge([record("before"), whole, record("after")]).created == 3
    assert store.get("many") == whole
    assert store.merge([whole]).unchanged == 1
    assert store.delete("many")
    assert store.read_stats().total == 2
    store.close()


def test_messages_of_very_many_nodes_are_joined_in_portions(tmp_path: Path) -> None:
    """
    Messages of very many nodes give one result.

    One call, several calls and a single merge agree.
    """
    node = {"nodeName": "N", "nodeType": "t"}
    messages = [
        record(
            "many",
            status=status,
            revision=revision,
            nodeExecutions=[
                {**node, "nodeId": f"node-{place}", "status": status, field: {"n": [place] * 80}}
                for place in range(2_500)
            ],
        )
        for revision, (status, field) in enumerate([("running", "input"), ("success", "output")])
    ]
    expected = merge(messages)
    for number, calls in enumerate(([messages], [[messages[1]], [messages[0]], [messages[1]]])):
        store = SqliteStore(tmp_path / f"history-{number}.db")
        for call in calls:
            store.merge(call)
        assert store.get("many") == expected
        store.close()
