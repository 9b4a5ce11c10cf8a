"""Workflows send records over https with a token, from their own process to a real receiver."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from flightlog.logger import ExecutionLogger
from support.programs import TIMEOUT_S, program_command, program_environment

FLIGHTLOG = (sys.executable, "-m", "flightlog.cli")


@dataclass(frozen=True)
class Site:
    """A receiver that serves https, and the environment of a workflow on another machine."""

    url: str
    history: Path
    environment: Mapping[str, str]
    certificate: Path


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Make a certificate that no authority signed, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Serve a history over https; only tokens give a right to send."""
    certificate, key = make_certificate(tmp_path)
    history = tmp_path / "history.db"
    ExecutionLogger(history).close()
    made = subprocess.run(
        [*FLIGHTLOG, "token", "create", "ingest", f"--db={history}"],
        capture_output=True,
        text=True,
        check=True,
    )
    # The workflow has another installation's key, as on another machine.
    environment = {
        **program_environment(),
        "FLIGHTLOG_KEY": "a" * 64,
        "FLIGHTLOG_TOKEN": made.stdout.strip(),
    }
    options = [f"--tls-certificate={certificate}", f"--tls-key={key}", "--ingest-needs-right"]
    command = [*FLIGHTLOG, "serve", "--port=0", "--host=localhost", f"--db={history}", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"(https://localhost:\d+)", process.stdout.readline())
        assert found is not None
        yield Site(found[1], history, environment, certificate)
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0


def record_run(site: Site, spool_dir: Path, execution_id: str, **variables: str) -> None:
    """Record a run in a process of its own; recording never fails the workflow."""
    command = program_command("capture_over_https", site.url, spool_dir, execution_id)
    ended = subprocess.run(
        command,
        env={**site.environment, **variables},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def deliver(site: Site, spool_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Deliver the spools that a run has left."""
    return subprocess.run(
        [*FLIGHTLOG, "deliver", f"--spool-dir={spool_dir}"],
        env={**site.environment, **variables},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def list_ids(site: Site) -> set[str]:
    """List the stored executions."""
    with ExecutionLogger(site.history, read_only=True) as logger:
        return {each.id for each in logger.get_executions("w")}


def test_records_arrive_with_a_trusted_certificate(site: Site, tmp_path: Path) -> None:
    """A workflow delivers by itself, and leaves nothing."""
    spool_dir = tmp_path / "spool"
    record_run(site, spool_dir, "sent", SSL_CERT_FILE=str(site.certificate))
    assert list_ids(site) == {"sent"}
    left = deliver(site, spool_dir, SSL_CERT_FILE=str(site.certificate))
    assert (left.returncode, left.stdout) == (0, "Nothing waits.\n")


def test_records_wait_for_a_trusted_certificate(site: Site, tmp_path: Path) -> None:
    """`flightlog deliver` names the certificate and the remedy, and delivers after it."""
    spool_dir = tmp_path / "spool"
    record_run(site, spool_dir, "waits")
    assert list_ids(site) == set()
    refused = deliver(site, spool_dir)
    assert refused.returncode == os.EX_TEMPFAIL
    said = " ".join(refused.stderr.split())
    assert f"the certificate of {site.url} isn't trusted (self-signed certificate" in said
    assert "SSL_CERT_FILE" in said
    delivered = deliver(site, spool_dir, SSL_CERT_FILE=str(site.certificate))
    assert delivered.returncode == 0, delivered.stderr
    assert list_ids(site) == {"waits"}


def test_a_certificate_of_another_name_is_not_trusted(site: Site, tmp_path: Path) -> None:
    """The address must have a name of the certificate, even if its authority is trusted."""
    spool_dir = tmp_path / "spool"
    other = Site(
        site.url.replace("localhost", "127.0.0.1"), site.history, site.environment, site.certificate
    )
    trusted = {"SSL_CERT_FILE": str(site.certificate)}
    record_run(other, spool_dir, "waits", **trusted)
    refused = deliver(other, spool_dir, **trusted)
    assert refused.returncode == os.EX_TEMPFAIL
    assert "127.0.0.1" in refused.stderr
    assert "isn't trusted" in " ".join(refused.stderr.split())
    assert list_ids(site) == set()
