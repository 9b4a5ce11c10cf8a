"""`flightlog run` and `flightlog generate` as users call them, and test runs as editors do."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flightlog.codegen import generate, manifest_from, write_files
from flightlog.editor_output import FoundRecord, read_test_run
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import encode_execution
from support.manifests import Json, code, edge, http, manifest, node, workflow
from support.runs import find_run, read_statuses
from support.waiting import until
from support.web_server import WebServer

FLIGHTLOG = [sys.executable, "-m", "flightlog.cli"]

MANIFEST = manifest(
    {
        "orders": workflow(
            {
                "charge": node(
                    "httpRequest",
                    "Charge card",
                    {
                        "pinnedData": {
                            "enabled": True,
                            "data": {"paid": True},
                            "timestamp": "2026-11-01T00:00:00Z",
                        }
                    },
                    method="POST",
                    url="{{ env.WEB }}/status/500",
                ),
                "confirm": code(
                    "print('__CATALYST_EXECUTION_START__')\n"
                    "if input.get('fail'):\n    raise ValueError('as asked')\n"
                    "return {**input, 'text': '__CATALYST_EXECUTION_END__'}",
                    "Confirm",
                ),
                "wait": node("condition", "Wait?", expression="{{ input.wait }}"),
                "hang": node("httpRequest", "Hang", method="GET", url="{{ env.WEB }}/hang"),
            },
            [edge("charge", "confirm"), edge("wait", "hang", "true")],
            http("/orders"),
            name="Orders",
        ),
        "dies": workflow(
            {
                "before": code("return 1", "Before"),
                "die": code("import os\nos.kill(os.getpid(), 9)", "Die"),
            },
            [edge("before", "die")],
        ),
        "cut": workflow({"node": code(r"return {'cut': '\ud83d'}")}),
        "fails": workflow({"node": code("raise ValueError('as asked')", "Fails")}),
    }
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project's directory with its manifest."""
    directory = tmp_path / "project"
    (directory / ".lowcode").mkdir(parents=True)
    (directory / ".lowcode" / "manifest.json").write_text(json.dumps(MANIFEST))
    return directory


def test_a_run_is_followed_and_its_result_is_printed(
    project: Path, environment: dict[str, str]
) -> None:
    """`run` prints each node with its mark and uses pinned data; the history has the execution."""
    ended = subprocess.run(
        [*FLIGHTLOG, "run", project, "orders", "--input", "-", "--project", project],
        input=b'{"wait": false}',
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    out = ended.stdout.decode()
    assert ended.returncode == 0, ended.stderr
    assert "● Charge card  httpRequest" in out
    assert "○ Hang  httpRequest · skipped" in out
    assert "● success in" in out
    result = re.search(r"^result +(.*)$", out, re.MULTILINE)
    assert result
    reported = json.loads(result[1])
    assert reported == {"paid": True, "text": "__CATALYST_EXECUTION_END__"}
    found = re.search(r"^execution +(\S+)$", out, re.MULTILINE)
    assert found
    with ExecutionLogger.for_project(project) as logger:
        record = logger.get_execution(found[1])
        assert record is not None
        plain: Json = json.loads(encode_execution(record))
    assert plain["executionMode"] == "test"
    assert plain["trigger"]["isSimulated"] is True
    assert find_run(plain, "charge")["output"] == {"paid": True}
    assert read_statuses(plain)["confirm"] == "success"


def test_a_run_that_fails_ends_with_1_and_says_why(
    project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """A failed run exits with 1, prints JSON for programs, and lists nodes on standard error."""
    ended = subprocess.run(
        [*FLIGHTLOG, "run", project, "fails", "--json", "--db", tmp_path / "history.db"],
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 1
    reported = json.loads(ended.stdout)
    assert reported["status"] == "error"
    assert "result" not in reported
    assert "✕ Fails" in ended.stderr.decode()
    assert "as asked" in ended.stderr.decode()


def test_a_result_that_is_no_unicode_is_printed_too(
    project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """A result with half a surrogate pair is printed; JavaScript can cut a text within a pair."""
    ended = subprocess.run(
        [*FLIGHTLOG, "run", project, "cut", "--json", "--db", tmp_path / "history.db"],
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    assert json.loads(ended.stdout)["result"] == {"cut": "\ud83d"}


def test_why_a_run_failed_is_said_once(
    project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """The reason appears in the node's line, and once more from the workflow's process."""
    ended = subprocess.run(
        [*FLIGHTLOG, "run", project, "fails", "--db", tmp_path / "history.db"],
        env=os.environ | environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert [line.split()[-2:] for line in ended.stdout.splitlines() if "as asked" in line] == [
        ["as", "asked"]
    ]
    assert ended.stderr == "as asked\n"


def test_a_run_whose_process_is_killed_is_told_as_crashed(
    project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """A killed run is shown as crashed, with the nodes that its spool holds."""
    ended = subprocess.run(
        [*FLIGHTLOG, "run", project, "dies", "--db", tmp_path / "history.db"],
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    out = ended.stdout.decode()
    assert ended.returncode == 1
    assert "● Before" in out
    assert "⊗ Die" in out
    assert "⊗ crashed" in out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_ended_ends_its_process(
    *,
    number: int,
    code: int,
    project: Path,
    environment: dict[str, str],
    tmp_path: Path,
    web: WebServer,
) -> None:
    """
    Ctrl-C or SIGTERM ends the run's process, and the history has the run's end.

    Ctrl-C also prints a line about the end.
    """
    before = web.calls["/hang"]
    with subprocess.Popen(
        [*FLIGHTLOG, "run", project, "orders", "--input", "-", "--db", tmp_path / "history.db"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environment,
        start_new_session=True,
    ) as running:
        assert running.stdin is not None
        running.stdin.write(b'{"wait": true}')
        running.stdin.close()
        running.stdin = None
        until(lambda: web.calls["/hang"] > before, "the node to hang")
        # Ctrl-C reaches the whole process group, but a supervisor's signal reaches only its child.
        (os.killpg if number == signal.SIGINT else os.kill)(running.pid, number)
        _, said = running.communicate()
    assert running.returncode == code
    assert (b"Interrupted" in said) == (number == signal.SIGINT)
    with ExecutionLogger(tmp_path / "history.db") as logger:
        (record,) = logger.get_executions("orders")
        assert record.status == "error"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b'{"wait": 0}', "success"),
        (b'{"wait": 0, "fail": true}', "error"),
        (b"no json", "error"),
    ],
)
def test_the_editor_starts_a_test_run_and_reads_its_record(
    data: bytes, status: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """
    A test run reads trigger data from stdin and prints the record between markers.

    The data may contain the markers. The exit code is 0, because the record has the status.
    """
    unpinned = json.loads(json.dumps(MANIFEST))
    del unpinned["workflows"]["orders"]["nodes"]["charge"]
    unpinned["workflows"]["orders"]["edges"].pop(0)
    write_files(generate(manifest_from(unpinned), "orders").files, tmp_path)
    ended = subprocess.run(
        [sys.executable, tmp_path / "orders.py"],
        input=data,
        env=os.environ | environment | {"CATALYST_EXECUTION_MODE": "test"},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = [item for item in read_test_run(ended.stdout) if isinstance(item, FoundRecord)]
    assert len(found) == 1
    assert found[0].record.status == status


def test_generating_again_changes_nothing_and_never_loses_work(project: Path) -> None:
    """
    A second generation changes nothing.

    A file that a user changed or created is an error, and then no file is written.
    """
    out = project / "out"
    command = [*FLIGHTLOG, "generate", str(project), "--out", str(out)]

    def run(*more: str) -> tuple[int, str]:
        ended = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    code, said = run()
    assert code == 0
    assert said.count("wrote") == 6
    assert {path.name for path in out.iterdir()} == {
        "app.py",
        "cut.py",
        "dies.py",
        "fails.py",
        "orders.py",
        "requirements.txt",
    }
    code, said = run()
    assert (code, said.count("unchanged")) == (0, 6)
    with (out / "orders.py").open("a") as stream:
        stream.write("# mine\n")
    (out / "app.py").write_text("print('mine')\n")
    before = {path: path.read_bytes() for path in out.iterdir()}
    code, said = run()
    assert code == 1
    assert "orders.py was changed since Flightlog made it" in said
    assert "app.py is not a file that Flightlog made" in said
    assert {path: path.read_bytes() for path in out.iterdir()} == before
