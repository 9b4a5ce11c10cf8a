"""`GET /api/space` measures the served history, and names its limits and the spools."""

from __future__ import annotations

import httpx

from flightlog.logger import ExecutionLogger
from flightlog.receiver.space import SpaceReporter
from flightlog.spool import SpoolWriter
from flightlog.store.retention import RetentionPolicy

GIBIBYTE = 2**30


def test_the_answer_has_the_space_the_limits_and_the_spools(six_runs: httpx.Client) -> None:
    """All executions count, and a receiver with its default limits names what it does."""
    report = six_runs.get("/api/space").json()
    assert set(report) == {"space", "spools", "limits", "readOnly"}
    space = report["space"]
    assert space["runs"] == sum(each["runs"] for each in space["workflows"]) >= 6
    assert {"even", "odd"} <= {each["workflowId"] for each in space["workflows"]}
    assert sum(space["parts"].values()) > 0
    assert set(report["limits"]) == {
        "maxBytes",
        "keepDays",
        "keepFailedDays",
        "keepExecutions",
        "keepStatus",
    }
    assert report["readOnly"] is False


def test_spools_and_limits_are_reported(own_logger: ExecutionLogger) -> None:
    """A spool of a living process counts, but doesn't wait; the policy is in the answer."""
    directory = own_logger.path.parent / "spool"
    writer = SpoolWriter(directory, "http://127.0.0.1:9")
    writer.append(b"{}")
    policy = RetentionPolicy(max_bytes=GIBIBYTE, keep_days=7)
    report = SpaceReporter(policy, [directory, directory / "missing"]).report(own_logger)
    assert (report.spools.spools, report.spools.waiting) == (1, 0)
    assert report.spools.bytes > 0
    assert (report.limits.max_bytes, report.limits.keep_days) == (GIBIBYTE, 7)
    assert report.space.next_for_budget is not None
    writer.close()


def test_a_measurement_is_repeated_for_some_seconds(own_logger: ExecutionLogger) -> None:
    """Many pages together cause one measurement."""
    reporter = SpaceReporter(RetentionPolicy(), [])
    assert reporter.report(own_logger) is reporter.report(own_logger)
