"""The receiver answers as its OpenAPI document says, with each right and without any."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

import support
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.receiver.rights import Right
from flightlog.receiver.tokens import TokenDirectory
from flightlog.record.decoding import convert_execution

# Generating an example takes longer than the request; `make fuzz` takes 20 for each route.
EXAMPLES = max(2, settings().max_examples // 50)
LEAST_REQUESTS = 200
LONG_EXAMPLES = 100
LONG_REQUESTS = 5_000
# A record of a deleted execution is well formed, and the receiver still refuses the record.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "410", "5xx"]
"""


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """Run a receiver whose history has small payloads and the ids that Schemathesis tries first."""
    with ExecutionLogger(tmp_path / "executions.db") as logger:
        for execution_id in ("0", "00"):
            logger.log_execution(
                convert_execution(
                    {
                        "id": execution_id,
                        "workflowId": "0",
                        "workflowName": "W",
                        "status": "error",
                        "startedAt": "2026-11-22T10:00:00Z",
                        "projectId": "0",
                        "durationMs": 3,
                        "trigger": {"type": "http", "data": {"a": [{"b": 1}, {"b": "x"}]}},
                        "error": {"message": "declined"},
                        "nodeExecutions": [
                            {
                                "nodeId": "0",
                                "nodeName": "N",
                                "nodeType": "t",
                                "status": "success",
                                "sequence": 0,
                                "input": [{"a": 1}],
                                "output": "text",
                                "logs": [{"a": 1}],
                            }
                        ],
                    }
                )
            )
        with Receiver(
            logger, ReceiverSettings(port=0, ingest_needs_right=True)
        ).running() as receiver:
            yield receiver


def find_failures(receiver: Receiver, place: Path, rights: Sequence[Right], *options: str) -> int:
    """
    Send what the document allows and forbids, with a token of these rights.

    Returns:
        The number of requests.
    """
    config = place / "schemathesis.toml"
    config.write_text(CONFIG)
    hooks = Path(next(iter(support.__path__)), "api_hooks.py")
    shown = []
    if rights:
        token, _ = TokenDirectory.beside(place / "executions.db").create(list(rights))
        shown = [f"--header=Authorization: Bearer {token}"]
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            f"--config-file={config}",
            "run",
            f"{receiver.url}/openapi.json",
            *shown,
            "--checks=all",
            "--seed=1",
            "--generation-deterministic",
            "--request-timeout=60",
            "--suppress-health-check=all",
            # A stream of events has no end, so this path is left out.
            "--exclude-path=/api/events",
            "--no-color",
            # A client without the right learns nothing about the methods of a route.
            *([] if Right.ADMIN in rights else ["--exclude-checks=unsupported_method"]),
            *options,
        ],
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(hooks), "SHOWN_RIGHTS": " ".join(rights)},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(?m)^Test cases:\s+([\d,]+) generated", done.stdout)
    assert found is not None, done.stdout
    return int(found[1].replace(",", ""))


@pytest.mark.hypothesis
@pytest.mark.timeout(600)
def test_schemathesis_finds_no_failure(receiver: Receiver, tmp_path: Path) -> None:
    """Valid and invalid requests of every route pass all checks of Schemathesis, seeded."""
    options = ("--phases=examples,coverage,fuzzing", f"--max-examples={EXAMPLES}")
    assert find_failures(receiver, tmp_path, [Right.ADMIN], *options) >= LEAST_REQUESTS


@pytest.mark.long
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("rights", [[Right.ADMIN], [Right.READ], [Right.INGEST], []], ids=str)
def test_schemathesis_finds_no_failure_in_5000_requests(
    receiver: Receiver, tmp_path: Path, rights: list[Right]
) -> None:
    """With each right and without any, no answer is 5xx, unlike the document, or without right."""
    options = ("--phases=examples,coverage,fuzzing", f"--max-examples={LONG_EXAMPLES}")
    assert find_failures(receiver, tmp_path, rights, *options) >= LONG_REQUESTS
