"""
A mergeable histogram of durations: counts in buckets that grow geometrically.

As in DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019): every value of a bucket is within `RELATIVE_ERROR` of the
bucket's own. Counts can be added and taken away, so that stores keep them as rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

RELATIVE_ERROR: Final = 0.02
NO_DURATION: Final = -1
"""The bucket of what has no duration."""

_GAMMA: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA: Final = math.log(_GAMMA)
_MAX_US: Final = 2**53


def microseconds(duration_ms: float | None) -> int:
    """A duration as whole microseconds, so that sums stay exact; 0 for none or less than none."""
    if duration_ms is None:
        return 0
    return min(max(0, round(duration_ms * 1000)), _MAX_US)


def bucket(duration_ms: float | None) -> int:
    """The number of the bucket that a duration in milliseconds falls into."""
    if duration_ms is None:
        return NO_DURATION
    duration_us = microseconds(duration_ms)
    return 1 + math.ceil(math.log(duration_us) / _LOG_GAMMA) if duration_us > 0 else 0


def bucket_ms(number: int) -> float:
    """The duration in milliseconds that a bucket stands for."""
    return 2 * _GAMMA ** (number - 1) / (_GAMMA + 1) / 1000 if number > 0 else 0.0


def percentile(counts: Mapping[int, int], fraction: float) -> float | None:
    """
    A percentile of what was counted.

    Args:
        counts: Counts by bucket number; `NO_DURATION` is left out.
        fraction: 0.5 for the median.

    Returns:
        Milliseconds, within `RELATIVE_ERROR` of the exact value; None when nothing was counted.
    """
    total = sum(count for number, count in counts.items() if number != NO_DURATION)
    if total == 0:
        return None
    wanted = math.ceil(fraction * total)
    seen = 0
    for number in sorted(counts):
        if number != NO_DURATION:
            seen += counts[number]
            if seen >= wanted:
                return bucket_ms(number)
    return None
