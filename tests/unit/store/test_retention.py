"""A policy in days becomes limits in times."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.store.retention import MIN_BYTES, Pruned, RetentionLimits, RetentionPolicy

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def test_a_policy_without_limits_keeps_everything() -> None:
    """The default policy has no limit."""
    assert RetentionPolicy().limits_at(NOW) == RetentionLimits()
    assert RetentionPolicy().limits_at(NOW).are_none


def test_ages_become_times() -> None:
    """Failures have the same age as successes, unless they have their own."""
    limits = RetentionPolicy(keep_days=1).limits_at(NOW)
    assert limits.successful_before == limits.failed_before == "2026-11-28T12:00:00.000000Z"
    limits = RetentionPolicy(keep_days=1, keep_failed_days=2).limits_at(NOW)
    assert limits.successful_before == "2026-11-28T12:00:00.000000Z"
    assert limits.failed_before == "2026-11-27T12:00:00.000000Z"
    limits = RetentionPolicy(keep_failed_days=0.5).limits_at(NOW)
    assert limits.successful_before is None
    assert limits.failed_before == "2026-11-29T00:00:00.000000Z"
    assert not limits.are_none


def test_a_status_that_is_not_kept_goes_at_once() -> None:
    """With `error`, successful executions go when they end; failures keep their age."""
    limits = RetentionPolicy(keep_days=9, keep_status="error").limits_at(NOW)
    assert limits.successful_before == "2026-11-29T12:00:00.000000Z"
    assert limits.failed_before == "2026-11-20T12:00:00.000000Z"
    limits = RetentionPolicy(keep_status="success").limits_at(NOW)
    assert limits == RetentionLimits(failed_before="2026-11-29T12:00:00.000000Z")
    assert not limits.are_none


def test_an_age_before_the_first_year_is_no_limit() -> None:
    """A clock near year 1 leads to no error."""
    early = datetime(1, 1, 2, tzinfo=UTC)
    assert RetentionPolicy(keep_days=30).limits_at(early).successful_before is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_bytes": MIN_BYTES - 1}, "max_size is 268,435,455 bytes, too little"),
        ({"keep_days": 0}, "keep_days is 0"),
        ({"keep_days": float("nan")}, "keep_days is nan"),
        ({"keep_failed_days": -1}, "keep_failed_days is -1"),
        ({"keep_failed_days": 1e9}, "keep_failed_days is 1e+09"),
        ({"keep_status": "errors"}, "keep_status is 'errors'"),
        ({"keep_executions": 0}, "keep_executions is 0, less than 1"),
    ],
)
def test_a_wrong_value_names_its_setting(values: dict[str, float | str], message: str) -> None:
    """The error says which setting is wrong, and what would be right."""
    with pytest.raises(InvalidSettingError) as raised:
        RetentionPolicy(**values)  # type: ignore[arg-type]
    assert message in str(raised.value).replace("`", "")
    assert raised.value.hint


def test_portions_add_up() -> None:
    """Numbers are added; whether more remains is what the last portion says."""
    first = Pruned(executions=1, without_nodes=2, without_payloads=3, freed_bytes=4, more=True)
    total = first + Pruned(executions=10, without_payloads=30)
    assert total == Pruned(
        executions=11, without_nodes=2, without_payloads=33, freed_bytes=4, more=False
    )
