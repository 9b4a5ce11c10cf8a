from __future__ import annotations

from pathlib import Path

from flightlog.store.sqlite import SqliteStore
from support.records import record


def test_a_record_of_very_many_nodes_is_stored_whole_in_one_transaction(tmp_path: Path) -> None:
    """Its rows go to SQLite in portions; payloads of one portion are found again in the next."""
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
    assert store.stats().total == 2
    store.close()
