"""
Owns what belongs to this process as a whole: its pipelines, and its behaviour at a fork and an end.

Recorders of one process with equal settings share a pipeline. A forked child abandons the pipelines
of its parent. A process that ends delivers for at most `drain_timeout_s` before it exits.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import time
from typing import Final

from flightlog.capture.pipeline import Pipeline, process_ending
from flightlog.capture.settings import PipelineSettings
from flightlog.secret_key import SecretKey

identity: object = object()
"""Identifies this process; a forked child has another object."""

_pipelines: Final[dict[PipelineSettings, Pipeline]] = {}


def find_pipeline(settings: PipelineSettings, installation: SecretKey) -> Pipeline:
    """
    Return the pipeline of this process for these settings; recorders share it.

    Args:
        settings: The settings.
        installation: The installation's key, for a new pipeline.

    Returns:
        The same pipeline for equal settings.
    """
    pipeline = _pipelines.get(settings)
    # If two threads make a pipeline at once, both get the first pipeline.
    return pipeline or _pipelines.setdefault(settings, Pipeline(settings, installation))


def _close_all() -> None:
    process_ending.set()
    deadline: float | None = None
    for settings, pipeline in list(_pipelines.items()):
        now = time.monotonic()
        deadline = deadline or now + settings.drain_timeout_s
        with contextlib.suppress(Exception):
            pipeline.close(max(0.0, deadline - now))


def _reopen_after_fork() -> None:
    global identity  # noqa: PLW0603 - a fork changes the process for all
    identity = object()
    for pipeline in list(_pipelines.values()):
        pipeline.after_fork()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reopen_after_fork)
