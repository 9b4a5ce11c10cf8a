"""
A mergeable histogram of durations: counts in buckets that grow geometrically.

The histogram follows DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile
sketch with relative-error guarantees", VLDB 2019). Every value in a bucket is within
`RELATIVE_ERROR` of the bucket's value. Counts can be added and subtracted, so that stores keep them
as rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log
from typing import Final

RELATIVE_ERROR: Final = 0.02
NO_DURATION: Final = -1
"""The bucket of executions without a duration."""

_GAMMA: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA: Final = log(_GAMMA)
_MAX_US: Final = 2**53


def measure_duration(duration_ms: float | None) -> tuple[int, int]:
    """
    Find the bucket of a duration, and convert the duration to whole microseconds.

    Args:
        duration_ms: The duration, milliseconds.

    Returns:
        The bucket's number, `NO_DURATION` without a duration, and the microseconds, 0 to 2^53: 0
        without a duration or for a negative duration.
    """
    if duration_ms is None:
        return NO_DURATION, 0
    # Sums of whole microseconds stay exact.
    duration_us = min(round(duration_ms * 1000), _MAX_US)
    if duration_us <= 0:
        return 0, 0
    return 1 + ceil(log(duration_us) / _LOG_GAMMA), duration_us


def to_microseconds(duration_ms: float | None) -> int:
    """
    Convert a duration to whole microseconds; see `measure_duration`.

    Args:
        duration_ms: The duration, milliseconds.

    Returns:
        Microseconds, 0 to 2^53; 0 without a duration or for a negative duration.
    """
    return measure_duration(duration_ms)[1]


def find_bucket(duration_ms: float | None) -> int:
    """
    Find the bucket of a duration; see `measure_duration`.

    Args:
        duration_ms: The duration, milliseconds.

    Returns:
        The bucket's number; `NO_DURATION` without a duration.
    """
    return measure_duration(duration_ms)[0]


def get_bucket_ms(number: int) -> float:
    """
    Find the duration that a bucket stands for.

    Args:
        number: The bucket's number.

    Returns:
        Milliseconds.
    """
    return 2 * _GAMMA ** (number - 1) / (_GAMMA + 1) / 1000 if number > 0 else 0.0


def count_durations(counts: Mapping[int, int]) -> int:
    """
    Count the durations in counts by bucket.

    Args:
        counts: Counts by bucket number.

    Returns:
        The number of durations; executions without a duration are left out.
    """
    return sum(count for number, count in counts.items() if number != NO_DURATION)


def compute_percentile(counts: Mapping[int, int], fraction: float) -> float | None:
    """
    Compute a percentile of counted durations.

    Args:
        counts: Counts by bucket number; `NO_DURATION` is ignored.
        fraction: The percentile as a fraction, e.g. 0.5 for the median.

    Returns:
        Milliseconds, within `RELATIVE_ERROR` of the exact value; None when nothing was counted.
    """
    total = count_durations(counts)
    if total == 0:
        return None
    wanted = ceil(fraction * total)
    seen = 0
    for number in sorted(counts):
        if number != NO_DURATION:
            seen += counts[number]
            if seen >= wanted:
                return get_bucket_ms(number)
    return None
