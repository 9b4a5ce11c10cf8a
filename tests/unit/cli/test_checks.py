from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from flightlog.secret_key import find_key_file, load_secret_key
from flightlog.spool import SpoolWriter

from .conftest import NOWHERE, leave, running

NODE = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "running", "sequence": 0}


Flightlog = Callable[..., Any]


def test_the_doctor_names_what_is_missing_and_waiting(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """Each finding has the process, the numbers and the action; `--json` has the same."""
    process_id = leave(spool_dir, NOWHERE, running("a"))
    with ExecutionLogger(history) as logger:
        for number in (1, 3, 7):
            message = {"processId": "worker", "number": number}
            logger.log_execution(running(f"run-{number}") | {"message": message})
    ended = flightlog("doctor", "--db", history)
    assert ended.code == ExitCode.FAILED
    assert "3 records received, 4 missing" in ended.out
    assert "worker: 3 received, 4 missing: 2, 4 to 6" in ended.out
    assert f"waiting: {process_id}" in ended.out
    assert "flightlog deliver" in ended.out
    found = json.loads(flightlog("doctor", "--json", "--db", history).out)
    assert found["ledger"]["missing"] == 4
    assert [(spool["processId"], spool["alive"]) for spool in found["spools"]] == [
        (process_id, False)
    ]
    assert len(found["findings"]) == 2
    assert all(finding["what"] and finding["hint"] for finding in found["findings"])
    assert load_secret_key()._key.hex() not in str(found)


@pytest.mark.skipif(os.name == "nt", reason="Windows' folders are private by themselves")
def test_the_doctor_sees_a_secret_that_others_can_read(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """The finding says how to make the secret private again."""
    load_secret_key()
    find_key_file().chmod(0o644)
    ended = flightlog("doctor", "--db", history)
    assert ended.code == ExitCode.FAILED
    assert f"chmod 600 {find_key_file()}" in ended.out


def test_the_doctor_names_what_is_left_running(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """Running nodes of ended executions, and executions of dead processes, are findings."""
    database = tmp_path / "own.db"
    gone = leave(tmp_path / "elsewhere", NOWHERE)
    recent = datetime.now(UTC).isoformat()
    ended = {**running("ended"), "status": "success", "processId": gone, "startedAt": recent}
    ended["nodeExecutions"] = [NODE]
    with ExecutionLogger(database) as logger:
        logger.log_execution(ended)
        logger.log_execution({**running("silent"), "processId": "silent"})
        logger.log_execution({**ended, "id": "foreign", "processId": None})
        logger.log_execution({**running("recent"), "processId": "else", "startedAt": recent})
    examined = flightlog("doctor", "--db", database)
    assert examined.code == ExitCode.FAILED
    found = json.loads(flightlog("doctor", "--json", "--db", database).out)["findings"]
    nodes = "1 node execution within executions that have ended or that other processes run is"
    nobody = "and the records name no process that could have died."
    silent = (
        "but the process silent has no spool on this machine and was last heard of at "
        "2026-11-22T19:00:00.000000Z."
    )
    hints = {finding["what"]: finding["hint"] for finding in found}
    assert set(hints) == {
        f"{nodes} shown as running, e.g. in foreign, {nobody}",
        f"{nodes} shown as running, e.g. in ended, but the process {gone} has ended.",
        f"1 execution is shown as running, e.g. in silent, {silent}",
    }
    assert sum("flightlog delete foreign" in hint for hint in hints.values()) == 1
    assert sum("flightlog serve" in hint for hint in hints.values()) == 2
    with ExecutionLogger(database) as logger:
        for process_id in (gone, "silent"):
            logger.writer.mark_crashed(process_id)
        logger.delete_execution("foreign")
    assert flightlog("doctor", "--db", database).code == ExitCode.OK


def test_the_doctor_leaves_living_processes_alone(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """A long execution of a living process on this machine is no finding."""
    database = tmp_path / "own.db"
    spool = SpoolWriter(spool_dir, f"sqlite:{database}")
    spool.append(b"{}")
    with ExecutionLogger(database) as logger:
        mine = {**running("mine"), "processId": spool.process_id}
        logger.log_execution(mine)
        logger.log_execution({**mine, "id": "b", "status": "success", "nodeExecutions": [NODE]})
    assert json.loads(flightlog("doctor", "--json", "--db", database).out)["findings"] == []
    spool.close()


def test_the_doctor_names_a_history_that_is_too_large(
    history: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A history beyond its budget is a fault, with what keeps it so large."""
    os.truncate(history, 300 * 2**20)
    monkeypatch.setenv("FLIGHTLOG_MAX_SIZE", "280MB")
    ended = flightlog("doctor", "--json", "--db", history)
    assert ended.code == ExitCode.FAILED
    (finding,) = [each for each in json.loads(ended.out)["findings"] if "takes" in each["what"]]
    assert finding["what"] == "The history takes 300.0 MB, more than its 280.0 MB."
    assert "`flightlog prune`" in finding["hint"]
    monkeypatch.setenv("FLIGHTLOG_MAX_SIZE", "none")
    assert "takes" not in flightlog("doctor", "--db", history).out


def test_the_doctor_warns_when_what_stays_exceeds_the_budget(
    tmp_path: Path, flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starred runs alone are too large, and the hint says what to do about them."""
    database = tmp_path / "starred.db"
    with ExecutionLogger(database) as logger:
        for number in range(20):
            logger.log_execution({**running(f"run-{number}"), "status": "success"})
            assert logger.writer.set_star(f"run-{number}", starred=True)
    monkeypatch.setattr("flightlog.store.retention.MIN_BYTES", 1)
    monkeypatch.setenv("FLIGHTLOG_MAX_SIZE", "8KB")
    ended = flightlog("doctor", "--json", "--db", database)
    assert ended.code == ExitCode.FAILED
    found = json.loads(ended.out)
    (finding,) = [each for each in found["findings"] if "has to stay" in each["what"]]
    assert "20 starred executions" in finding["what"]
    assert "Remove stars" in finding["hint"]
    assert found["space"]["protected"]["exceedsBudget"] is True
    assert found["space"]["parts"]["rowBytes"] > 0
    text = flightlog("doctor", "--db", database).out
    assert "of payloads" in text
    assert "20 starred executions" in text
