"""Describes the machine of the measurements, because a number means nothing without the machine."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from pathlib import Path
from statistics import median
from typing import Final

import apsw
from rich.table import Table

_FSYNCS: Final = 200
_PAGE: Final = bytes(4096)


def machine_table(directory: Path) -> Table:
    """
    Describe this machine.

    Args:
        directory: The directory for the databases, whose time for an fsync is measured.

    Returns:
        The table.
    """
    table = Table(title="Machine", title_justify="left", show_header=False)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    table.add_row("date", time.strftime("%Y-%m-%d %H:%M %Z"))
    table.add_row("CPU", f"{_cpu_model()}, {os.cpu_count()} cores")
    table.add_row("memory", f"{memory / 2**30:.1f} GiB")
    table.add_row("system", f"{system}, Linux {platform.release()}")
    table.add_row("Python", platform.python_version())
    table.add_row("SQLite, Flightlog's", f"{apsw.sqlite_lib_version()} (apsw)")
    table.add_row("SQLite, baseline's", f"{sqlite3.sqlite_version} (standard library)")
    table.add_row("file system", f"{_file_system(directory)}, 4 KiB and fsync {_fsync(directory)}")
    table.add_row("load before", ", ".join(f"{load:.2f}" for load in os.getloadavg()))
    return table


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _file_system(directory: Path) -> str:
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    place = directory.resolve()
    holding = [(point, kind) for point, kind in mounts if place.is_relative_to(point)]
    return max(holding, key=lambda mount: len(mount[0]))[1]


def _fsync(directory: Path) -> str:
    path = directory / "fsync"
    seconds = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_FSYNCS):
            started = time.perf_counter()
            file.write(_PAGE)
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - started)
    path.unlink()
    worst = sorted(seconds)[int(_FSYNCS * 0.95)]
    return f"{median(seconds) * 1e6:.0f} µs (p95 {worst * 1e6:.0f} µs)"
