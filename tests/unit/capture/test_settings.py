"""Destinations: URLs in any form, paths of any bytes, and reported failures."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flightlog.capture import Recorder
from flightlog.capture.settings import choose_url
from flightlog.errors import InvalidSettingError
from flightlog.logger import ExecutionLogger
from flightlog.spool import list_spools
from support.recordings import NOBODY, lines_in, merged

ODD_NAMES = [
    os.fsdecode(b"bad\xff"),
    "C#",
    "100%",
    "50%41",
    "what?mode=ro",
    "it's",
    "two  spaces",
    "new\nline",
    'quo"te',
    "-dash",
    "~",
    "file:x",
    ":memory:",
    "back\\slash",
    "n" * 200,
]


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_a_database_in_any_directory_gets_the_records(name: str, tmp_path: Path) -> None:
    """A recorder with a `sqlite:` URL delivers to the file, and makes no other file."""
    place = tmp_path / "data" / name
    place.mkdir(parents=True)
    # The file's own name may be unusual, too.
    path = place / (name[:100] + ".db")
    recorder = Recorder("w", url=f"sqlite:{path}", spool_dir=tmp_path / "spool" / name)
    with recorder.execution(execution_id="run-1"):
        pass
    assert recorder.flush(20)
    status = recorder.status()
    assert (status.lost, status.swallowed, status.trouble) == (0, 0, None)
    recorder.close(5)
    with ExecutionLogger(path) as logger:
        assert logger.get_execution("run-1") is not None
        assert logger.reader.health().location.encode()
    assert [entry.name for entry in (tmp_path / "data").iterdir()] == [name]
    assert {entry.name for entry in place.iterdir()} <= {
        path.name + suffix for suffix in ("", "-wal", "-shm")
    }


@pytest.mark.parametrize("name", [ODD_NAMES[0], "-new\nline?x#y"], ids=ascii)
def test_the_command_line_takes_odd_paths(name: str, tmp_path: Path) -> None:
    """Paths by flag and by environment variable work; `doctor --json` stays JSON."""
    place = tmp_path / name
    place.mkdir()
    record = {"id": "run-1", "workflowId": "w", "workflowName": "W", "status": "success"}
    record["startedAt"] = "2026-11-22T19:04:11Z"
    (tmp_path / "r.json").write_text(json.dumps(record))

    def program(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from flightlog.cli import main; main()", *words],
            capture_output=True,
            check=False,
            env=os.environ | environment,
            text=True,
            cwd=tmp_path,
        )

    source = str(tmp_path / "r.json")
    for words, environment in (
        ([f"--db={name}/h.db"], {}),
        ([f"--project={name}"], {}),
        ([], {"FLIGHTLOG_DB": f"{tmp_path}/{name}/env.db"}),
    ):
        taken = program("import", source, *words, **environment)
        assert (taken.returncode, taken.stdout) == (0, "Imported 1 execution.\n"), taken.stderr
        assert "run-1" in program("list", *words, **environment).stdout
        spool = {"FLIGHTLOG_SPOOL_DIR": f"{tmp_path}/{name}/spool"}
        examined = program("doctor", "--json", *words, **environment, **spool)
        assert json.loads(examined.stdout)["history"]["executions"] == 1


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:3000", "http://localhost:3000"),
        (" localhost:3000/ ", "http://localhost:3000"),
        ("127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("[::1]:3000", "http://[::1]:3000"),
        ("logs.example:80/prefix", "http://logs.example:80/prefix"),
        ("https://logs.example", "https://logs.example"),
    ],
)
def test_a_host_and_port_is_a_receiver(text: str, url: str) -> None:
    """A host and port are completed as an argument and in the environment."""
    assert choose_url(text, {}) == url
    assert choose_url(None, {"FLIGHTLOG_URL": text}) == url


UNUSABLE = [
    "nonsense",
    "",
    "http://",
    "http://:3000",
    "http://localhost:99999",
    "localhost:99999",
    "http://localhost:port",
    "http://user:password@localhost:3000",
    "http://local host:3000",
    "http://[::1",
    "http:localhost:3000",
    "//localhost:3000",
    "ftp://localhost",
    "postgres://localhost/db",
    "sqlite:",
    "sqlite:///",
    "sqlite:a\0b",
]


@pytest.mark.parametrize("url", UNUSABLE)
def test_an_unusable_url_raises_as_an_argument(url: str, tmp_path: Path) -> None:
    """The error contains the reason and what to write, and never a password."""
    with pytest.raises(InvalidSettingError) as caught:
        Recorder("w", url=url, spool_dir=tmp_path)
    assert "http://localhost:3000" in str(caught.value)
    assert "password@" not in caught.value.message


@pytest.mark.parametrize("url", [url for url in UNUSABLE if url and "\0" not in url])
def test_an_unusable_url_of_the_environment_warns_at_once(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The warning is logged before the first record; records wait, and `flush` is False."""
    monkeypatch.setenv("FLIGHTLOG_URL", url)
    with caplog.at_level(logging.WARNING):
        recorder = Recorder("w", spool_dir=tmp_path / ascii(url)[:8])
    assert "flightlog deliver --url" in caplog.text
    with recorder.execution():
        pass
    assert not recorder.flush(5)
    status = recorder.status()
    assert status.trouble is not None
    assert (status.appended, status.lost) == (2, 0)
    recorder.close(0)


def test_a_receiver_that_cannot_be_reached_is_no_loss(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The warning says that the workflow continues and that records are kept."""
    recorder = Recorder("w", url=NOBODY, spool_dir=tmp_path / "unreached")
    with caplog.at_level(logging.WARNING):
        with recorder.execution():
            pass
        assert not recorder.flush(5)
    recorder.close(0)
    assert "can't be reached" in caplog.text
    assert "Its records are kept and will be delivered." in caplog.text


def test_a_message_that_no_spool_takes_is_lost_and_flush_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`lost`, `flush` and the trouble agree when no spool can be made."""

    def broken(*_: object) -> None:
        raise ValueError("no spool")

    recorder = Recorder("w", url=NOBODY, spool_dir=tmp_path / "none")
    monkeypatch.setattr("flightlog.spool.writer.make_owner", broken)
    with recorder.execution():
        pass
    status = recorder.status()
    assert status.lost > 0
    assert status.trouble is not None
    assert not recorder.flush(1)
    monkeypatch.undo()
    recorder.close(0)


def test_a_refused_record_is_reported_with_its_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """If a destination refuses a record, `flush` is False and the warning names its file."""
    recorder = Recorder("w", url=f"sqlite:{tmp_path / 'h.db'}", spool_dir=tmp_path / "spool")
    with recorder.execution():
        pass
    assert recorder.flush(20)
    with caplog.at_level(logging.WARNING):
        recorder._context.pipeline.append(b'{"id":""}')
        assert not recorder.flush(20)
    assert "refused for good" in caplog.text
    (spool,) = list_spools(tmp_path / "spool")
    kept = spool.path.with_name(spool.path.name + ".rejected.ndjson")
    assert str(kept) in caplog.text
    assert kept.exists()
    recorder.close(5)


def test_settings_that_cannot_be_used_are_told_at_once(tmp_path: Path) -> None:
    """An invalid argument raises an error that says what to do; an invalid environment doesn't."""
    with pytest.raises(InvalidSettingError, match="localhost:3000"):
        Recorder("w", url="no url", spool_dir=tmp_path)
    with pytest.raises(InvalidSettingError, match="2 GiB"):
        Recorder("w", spool_dir=tmp_path, max_spool_bytes=-1)


@pytest.mark.parametrize(
    ("url", "key"), [("nonsense", "short"), ("sqlite:~nobody-of-this-name/h.db", "\udcff" * 32)]
)
def test_a_wrong_environment_costs_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, key: str
) -> None:
    """An invalid environment is reported, and records wait in the spool."""
    monkeypatch.setenv("FLIGHTLOG_URL", url)
    monkeypatch.setenv("FLIGHTLOG_KEY", key)
    recorder = Recorder("w", spool_dir=tmp_path)
    with recorder.execution():
        pass
    assert not recorder.flush(5)
    assert recorder.status().trouble is not None
    assert recorder.status().appended == 2
    recorder.close(0)


def test_without_a_home_the_temporary_directory_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user without a home can record; an argument that names a missing home is refused."""
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", "~nobody-of-this-name/spool")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    recorder = Recorder("w", url=NOBODY)
    with recorder.execution():
        pass
    recorder.close(0)
    (place,) = tmp_path.iterdir()
    assert len(merged(lines_in(place))) == 1
    with pytest.raises(InvalidSettingError, match="nobody-of-this-name"):
        Recorder("w", url=NOBODY, spool_dir="~nobody-of-this-name/spool")
    with pytest.raises(InvalidSettingError, match="nobody-of-this-name"):
        Recorder("w", url="sqlite:~nobody-of-this-name/h.db", spool_dir=tmp_path)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "http://localhost:3000"),
        ({"CATALYST_EDITOR_URL": "http://editor:3000/"}, "http://editor:3000"),
        ({"CATALYST_EDITOR_URL": "http://editor", "FLIGHTLOG_URL": "http://log"}, "http://log"),
    ],
)
def test_where_records_go(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FLIGHTLOG_URL comes before CATALYST_EDITOR_URL, and both before the default."""
    from flightlog.capture.settings import choose_url  # noqa: PLC0415

    assert choose_url(None, environment) == expected
    assert choose_url(NOBODY, environment) == NOBODY


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("url", 3000, "`url` has the type int. Use a text"),
        ("spool_dir", 7, "`spool_dir` has the type int. Use a path"),
        ("redaction", {"keys": ["a"]}, "`redaction` has the type dict. Use `RedactionRules("),
        ("max_payload_bytes", "1MB", "`max_payload_bytes` has the type str. Use a number"),
        ("max_spool_bytes", "1GB", "`max_spool_bytes` has the type str. Use a number"),
        ("drain_timeout_s", "2", "`drain_timeout_s` has the type str. Use a number"),
        ("mode", "prod", "`mode` is 'prod'. Use 'test' or 'production'."),
        ("durability", "disk", "`durability` is 'disk'. Use 'process' or 'power'."),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused(setting: str, value: Any, expected: str) -> None:
    """The error names the argument and the remedy as soon as the recorder is made."""
    with pytest.raises(InvalidSettingError) as caught:
        Recorder("w", **{setting: value})
    assert expected in str(caught.value)
