"""Errors of requests, settings and manifests."""

from __future__ import annotations

import pytest

from flightlog.errors import (
    FileNotOursError,
    InvalidManifestError,
    MissingExtraError,
    RequestRefusedError,
)


def test_missing_extra_is_an_import_error() -> None:
    """Code that tries an import and goes on without the library still works."""
    with pytest.raises(ImportError) as caught:
        raise MissingExtraError("apsw", "server")
    assert caught.value.name == "apsw"
    assert "pip install 'flightlog[server]'" in str(caught.value)


def test_one_problem_of_a_manifest_is_the_message_and_several_are_counted() -> None:
    """The hint lists several problems, a line for each."""
    alone = InvalidManifestError(["`a` is missing. Add it."])
    assert alone.message == "`a` is missing. Add it."
    both = InvalidManifestError(["`a` is missing.", "`b` is missing."])
    assert "2 problems" in both.message
    assert both.hint.splitlines() == ["- `a` is missing.", "- `b` is missing."]


def test_missing_header_differs_from_an_empty_one() -> None:
    """The message says whether the header was there."""
    assert "is missing" in RequestRefusedError("Origin", None, hint="h").message
    assert "is ''" in RequestRefusedError("Origin", "", hint="h").message


def test_files_that_stay_are_listed_with_reasons() -> None:
    """Each file has its reason, and nothing was written."""
    error = FileNotOursError({"a.py": "was changed", "b.py": "is not ours"})
    assert error.paths == ("a.py", "b.py")
    assert "a.py was changed; b.py is not ours. Nothing was written." in error.message
