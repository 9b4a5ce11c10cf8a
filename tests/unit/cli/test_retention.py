from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.cli.retention import choose_policy, parse_size
from flightlog.cli.settings import collect_sources
from flightlog.errors import InvalidSettingError
from flightlog.store.retention import RetentionPolicy


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GB", 2 * 2**30),
        ("2 gb", 2 * 2**30),
        ("1.5g", 3 * 2**29),
        ("2GiB", 2 * 2**30),
        ("512MiB", 512 * 2**20),
        ("700 kB", 700 * 2**10),
        ("300000000", 300_000_000),
        ("300000000b", 300_000_000),
        ("1TB", 2**40),
        ("none", None),
        (" None ", None),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int | None) -> None:
    """Units are read in any case, and count as Flightlog prints them."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "2 XB", "2iB", "1e9", "lots", "2GB extra"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    """The error quotes the text and shows how to write a size."""
    with pytest.raises(InvalidSettingError) as raised:
        parse_size(text)
    assert repr(text) in str(raised.value)
    assert "2GB" in raised.value.hint


def test_the_default_policy_bounds_the_size_alone() -> None:
    """Without settings a history may take 10 GB, for any time."""
    assert choose_policy([]) == RetentionPolicy(max_bytes=10 * 2**30)


def test_settings_come_from_file_and_environment(tmp_path: Path) -> None:
    """The settings of retention are read as all others are."""
    file = tmp_path / "flightlog.toml"
    file.write_text('max_size = "none"\nkeep_days = 30\nkeep_executions = 1000\n')
    environment = {"FLIGHTLOG_KEEP_FAILED_DAYS": "90", "FLIGHTLOG_KEEP_EXECUTIONS": "500"}
    assert choose_policy(collect_sources({}, file, environment)) == RetentionPolicy(
        keep_days=30, keep_failed_days=90, keep_executions=500
    )


def test_a_manifest_says_which_statuses_stay(tmp_path: Path) -> None:
    """The `logLevel` of a project's manifest counts, unless a setting says otherwise."""
    manifest = tmp_path / ".lowcode" / "manifest.json"
    assert choose_policy([], tmp_path).keep_status == "all"
    manifest.parent.mkdir()
    manifest.write_text('{"executionLogging": {"logLevel": "error"}}')
    assert choose_policy([], tmp_path).keep_status == "error"
    assert choose_policy([]).keep_status == "all"
    sources = collect_sources({"keep_status": "all"}, None, {})
    assert choose_policy(sources, tmp_path).keep_status == "all"
    manifest.write_text("{")
    assert choose_policy([], tmp_path).keep_status == "all"
