"""`flightlog deliver` and `flightlog doctor`: waiting records, missing records, and what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.secret_key import key_file, load_secret_key
from flightlog.spool import SpoolWriter, list_spools
from support.records import record

Flightlog = Callable[..., Any]
NOWHERE = "http://127.0.0.1:1"

DEAD = """
import sys
from pathlib import Path
from flightlog.spool import SpoolWriter

spool = SpoolWriter(Path(sys.argv[1]), sys.argv[2])
for record in sys.argv[3:]:
    spool.append(record.encode())
print(spool.process_id)
"""


@pytest.fixture
def spool_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own spool directory; the fallback directory is the test's own too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path / "spool"))
    return tmp_path / "spool"


def leave(spool_dir: Path, url: str, *records: dict[str, Any]) -> str:
    """Let a process spool records and end; return its id."""
    ended = subprocess.run(
        [sys.executable, "-c", DEAD, str(spool_dir), url, *map(json.dumps, records)],
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


def running(name: str) -> dict[str, Any]:
    """Build a record of an execution that began."""
    return {
        "id": name,
        "workflowId": "orders",
        "workflowName": "Orders",
        "status": "running",
        "startedAt": "2026-11-22T19:00:00Z",
    }


def test_deliver_takes_each_spool_to_where_it_was_to_go(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """A receiver and a database get their records; afterwards nothing waits."""
    with ExecutionLogger(tmp_path / "received.db") as logger:
        # The receiver's own spool directory is another one, so that it doesn't collect the spools
        # before the command does.
        settings = ReceiverSettings(port=0, spool_dir=tmp_path / "none")
        with Receiver(logger, settings).running() as receiver:
            leave(spool_dir, receiver.url, running("a"), running("b"))
            leave(spool_dir, f"sqlite:{tmp_path}/own.db", running("c"))
            ended = flightlog("deliver")
        assert logger.get_stats().total == 2
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert ended.out == "Delivered 3 records of 2 dead processes.\n"
    with ExecutionLogger(tmp_path / "own.db") as logger:
        assert logger.get_execution("c") is not None
    assert flightlog("deliver").out == "Nothing waits.\n"


def test_deliver_says_what_waits_and_why(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """An unreachable destination is tried once, the rest is delivered, and the exit code is 75."""
    first = leave(spool_dir, NOWHERE, running("a"))
    second = leave(spool_dir, NOWHERE, running("b"))
    leave(spool_dir, f"sqlite:{tmp_path}/own.db", running("c"))
    ended = flightlog("deliver")
    assert ended.code == ExitCode.TRY_AGAIN
    assert ended.out == "Delivered 1 record of 1 dead process; 2 spools still waiting.\n"
    assert first in ended.err
    assert second in ended.err
    assert f"waits: {NOWHERE} can't be reached" in ended.err
    assert len(list_spools(spool_dir)) == 2


def test_deliver_to_another_address(tmp_path: Path, spool_dir: Path, flightlog: Flightlog) -> None:
    """`--url` overrides the spools' destinations, and replaces a destination that can't be read."""
    leave(spool_dir, NOWHERE, running("a"))
    process_id = leave(spool_dir, NOWHERE, running("b"))
    (spool_dir / process_id / "owner.json").write_text("torn")
    assert "Say it with --url" in flightlog("deliver").err
    ended = flightlog("deliver", "--url", f"sqlite:{tmp_path}/own.db")
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    with ExecutionLogger(tmp_path / "own.db") as logger:
        assert logger.get_stats().total == 2


@pytest.mark.parametrize("url", ["sqlite:relative.db", "gopher://example", "http://"])
def test_deliver_makes_no_guess(
    url: str,
    tmp_path: Path,
    spool_dir: Path,
    flightlog: Flightlog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A spool without a usable destination stays, and the reason is one line."""
    monkeypatch.chdir(tmp_path)
    leave(spool_dir, url, running("a"))
    ended = flightlog("deliver")
    assert ended.code == ExitCode.TRY_AGAIN
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "relative.db").exists()


def test_deliver_keeps_what_is_refused_for_good(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """The refused record is kept beside the spool; the doctor reports the file."""
    process_id = leave(
        spool_dir, f"sqlite:{tmp_path}/own.db", running("a"), {"id": "no record"}, running("c")
    )
    ended = flightlog("deliver")
    assert ended.code == ExitCode.FAILED
    assert ended.out == "Delivered 2 records of 1 dead process; 1 refused.\n"
    kept = spool_dir / f"{process_id}.rejected.ndjson"
    assert str(kept) in ended.err
    assert json.loads(kept.read_text())["id"] == "no record"
    examined = flightlog("doctor", "--db", tmp_path / "own.db")
    assert (examined.code, str(kept) in examined.out) == (ExitCode.FAILED, True)


def test_deliver_leaves_the_living_alone(
    tmp_path: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """A process with a held lock delivers by itself."""
    spool = SpoolWriter(spool_dir, NOWHERE)
    spool.append(json.dumps(running("a")).encode())
    ended = flightlog("deliver", "--url", f"sqlite:{tmp_path}/own.db")
    assert (ended.code, "1 of living processes" in ended.out) == (ExitCode.OK, True)
    assert len(list_spools(spool_dir)) == 1
    spool.close()


def test_the_doctor_says_that_all_is_well(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """With nothing missing and nothing waiting, the exit code is 0."""
    load_secret_key()
    ended = flightlog("doctor", "--db", history)
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert "All is well." in ended.out
    assert str(history) in ended.out
    assert "journal_mode wal" in ended.out
    assert "0 records received, 0 missing" in ended.out
    assert str(key_file()) in ended.out


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


def test_doctor_counts_executions_outside_workflows_by_place(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """Runs of one node are listed by caller; the list is information and no finding."""
    load_secret_key()
    direct = [("/srv/shop.py:12 in main", f"pool_{number}") for number in range(3)]
    direct += [("/srv/shop.py:30 in later", "MainThread")]
    with ExecutionLogger(history) as logger:
        for number, (place, thread) in enumerate(direct):
            data = {"calledFrom": place, "thread": thread}
            run = record(
                f"direct-{number}",
                trigger={"type": "direct", "data": data},
                parentExecutionId="run-1" if number == 0 else None,
            )
            logger.log_execution(run)
        # Other clients may use this type with another meaning.
        for number, strange in enumerate(([1], {"calledFrom": 7}, "x" * 50_000)):
            trigger = {"type": "direct", "data": strange}
            logger.log_execution(record(f"strange-{number}", trigger=trigger))
    ended = flightlog("doctor", "--db", history)
    assert ended.code == ExitCode.OK
    text = " ".join(ended.out.split())
    assert "7 executions began outside a workflow" in text
    assert (
        "3 of charge in order-intake, from /srv/shop.py:12 in main, thread pool_2; "
        "1 linked to a parent"
    ) in text
    found = json.loads(flightlog("doctor", "--json", "--db", history).out)["outside"]
    assert (found["count"], found["complete"]) == (7, True)
    assert {(place.get("calledFrom"), place["count"]) for place in found["places"]} == {
        ("/srv/shop.py:12 in main", 3),
        ("/srv/shop.py:30 in later", 1),
        (None, 3),
    }


def test_the_doctor_makes_nothing(tmp_path: Path, spool_dir: Path, flightlog: Flightlog) -> None:
    """The command creates no history, no secret and no spool directory."""
    ended = flightlog("doctor", "--db", tmp_path / "none.db")
    assert ended.code == ExitCode.FAILED
    assert "doesn't exist yet" in ended.out
    assert not (tmp_path / "none.db").exists()
    assert not key_file().exists()
    assert not spool_dir.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows' folders are private by themselves")
def test_the_doctor_sees_a_secret_that_others_can_read(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """The finding says how to make the secret private again."""
    load_secret_key()
    key_file().chmod(0o644)
    ended = flightlog("doctor", "--db", history)
    assert ended.code == ExitCode.FAILED
    assert f"chmod 600 {key_file()}" in ended.out


def test_a_spools_text_cannot_act_on_the_terminal(
    history: Path, spool_dir: Path, flightlog: Flightlog
) -> None:
    """The text of a spool's owner file is escaped in the same way as records."""
    leave(spool_dir, "http://\x1b[31mred\u202e", running("a"))
    for command in (("deliver",), ("doctor", "--db", history)):
        ended = flightlog(*command)
        assert not {"\x1b", "\u202e"} & set(ended.out + ended.err)


NODE = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "running", "sequence": 0}


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
            logger.mark_crashed(process_id)
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
