"""The receiver answers as its OpenAPI document says, and no input makes it fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import support
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.decoding import execution_from

# Generating an example takes longer than the request; `make fuzz` takes 20 for each route.
EXAMPLES = max(2, settings().max_examples // 50)
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
                execution_from(
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
        with Receiver(logger, ReceiverSettings(port=0)).running() as receiver:
            yield receiver


@pytest.mark.hypothesis
@pytest.mark.timeout(600)
def test_schemathesis_finds_no_failure(receiver: Receiver, tmp_path: Path) -> None:
    """Valid and invalid requests of every route pass all checks of Schemathesis, seeded."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    hooks = Path(next(iter(support.__path__)), "api_hooks.py")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            f"--config-file={config}",
            "run",
            f"{receiver.url}/openapi.json",
            "--checks=all",
            "--phases=examples,coverage,fuzzing",
            f"--max-examples={EXAMPLES}",
            "--seed=1",
            "--generation-deterministic",
            "--request-timeout=60",
            "--suppress-health-check=all",
            # A stream of events has no end, so this path is left out.
            "--exclude-path=/api/events",
            "--no-color",
        ],
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(hooks)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
