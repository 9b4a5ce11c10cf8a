"""Purge a value from all files, one file after the other, and search the raw files afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from flightlog.errors import FlightlogError
from flightlog.purge.database import Rewritten, count_in_database, purge_database
from flightlog.purge.forms import ValueForms
from flightlog.purge.lines import (
    CleanRecord,
    clean_by_value,
    count_in_lines,
    count_in_spool,
    purge_lines,
    purge_spool_files,
)
from flightlog.purge.places import Places
from flightlog.purge.proof import Searched, search_file
from flightlog.spool import claim_orphan

OnFile = Callable[[Path], None]
"""Called before each file with its path."""


class Outcome(Struct, frozen=True, kw_only=True):
    """The places of the value in one file or spool."""

    path: Path
    """The file, or the spool's directory."""
    places: int = 0
    """The number of rows, payloads, messages or lines."""
    what: str = ""
    """These places in words."""
    fault: str | None = None
    """Why the file could not be read or rewritten."""


def preview(places: Places, forms: ValueForms, on_file: OnFile) -> list[Outcome]:
    """
    Count the places of a value, and change nothing.

    Args:
        places: The files.
        forms: The value.
        on_file: Called before each file.

    Returns:
        The files that have the value or can't be read.

    Raises:
        StoreError: The history can't be read.
        InvalidSettingError: The value is a word of the database's own.
    """
    clean = clean_by_value(forms)

    def count(path: Path) -> Outcome:
        return _describe_database(path, count_in_database(path, forms))

    def search(path: Path) -> Outcome:
        return describe_places(path, search_file(path, forms).has_value, "place")

    on_file(places.history)
    found = [
        count(places.history),
        *(_try(path, count, on_file) for path in places.databases),
        *(
            _try(path, lambda path: describe_places(path, count_in_spool(path, clean), "message"))
            for path in places.spools
        ),
        *(
            _try(path, lambda path: describe_places(path, count_in_lines(path, forms), "line"))
            for path in places.lines
        ),
        *(_try(path, search, on_file) for path in places.others),
    ]
    return [outcome for outcome in found if outcome.places or outcome.fault]


def purge_value(places: Places, forms: ValueForms, on_file: OnFile) -> list[Outcome]:
    """
    Remove a value from all files that can be rewritten.

    Args:
        places: The files.
        forms: The value.
        on_file: Called before each file.

    Returns:
        The files that had the value or can't be rewritten.

    Raises:
        StoreError: The history can't be rewritten, e.g. because a receiver has it open; nothing was
            changed.
        InvalidSettingError: The value is a word of the database's own; nothing was changed.
    """

    def rewrite(path: Path) -> Outcome:
        return _describe_database(path, purge_database(path, forms))

    def rewrite_lines(path: Path) -> Outcome:
        return describe_places(path, purge_lines(path, forms.clean_json), "line")

    on_file(places.history)
    done = [
        rewrite(places.history),
        *(_try(path, rewrite, on_file) for path in places.databases),
        *purge_spools(places, clean_by_value(forms)),
        *(_try(path, rewrite_lines) for path in places.lines),
    ]
    return [outcome for outcome in done if outcome.places or outcome.fault]


def purge_spools(places: Places, clean: CleanRecord) -> list[Outcome]:
    """
    Rewrite the spools of dead processes.

    Args:
        places: The files.
        clean: Changes a record.

    Returns:
        The outcome for each spool; a spool of a living process is left alone.
    """
    return [
        _try(spool, lambda path: describe_places(path, _purge_spool(path, clean), "message"))
        for spool in places.spools
    ]


def _purge_spool(path: Path, clean: CleanRecord) -> int:
    spool = claim_orphan(path)
    if spool is None:
        return 0
    with spool:
        return purge_spool_files(path, clean)


def prove(
    files: Sequence[Path], forms: ValueForms, on_file: OnFile
) -> Iterator[tuple[Path, Searched | str]]:
    """
    Search raw files for a value.

    Args:
        files: The files.
        forms: The value.
        on_file: Called before each file.

    Yields:
        Each file with the outcome, or with the reason why it can't be read. A file that no longer
        exists is left out.
    """
    for path in files:
        on_file(path)
        try:
            yield path, search_file(path, forms)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield path, error.strerror or str(error)


def _describe_database(path: Path, found: Rewritten) -> Outcome:
    words = (
        (found.rows, "row"),
        (found.payloads, "payload"),
        (found.dictionaries, "compression dictionary"),
    )
    parts = [_count_words(number, word) for number, word in words if number]
    return Outcome(path=path, places=sum(number for number, _ in words), what=", ".join(parts))


def describe_places(path: Path, number: int, word: str) -> Outcome:
    """
    Describe the places in a file.

    Args:
        path: The file.
        number: The number of places.
        word: The name of one place.

    Returns:
        The outcome.
    """
    return Outcome(path=path, places=int(number), what=_count_words(int(number), word))


def _count_words(number: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"1 {word}" if number == 1 else f"{number:,} {plural}"


def _try(path: Path, action: Callable[[Path], Outcome], on_file: OnFile | None = None) -> Outcome:
    if on_file is not None:
        on_file(path)
    try:
        return action(path)
    except FlightlogError as error:
        return Outcome(path=path, fault=str(error))
    except OSError as error:
        return Outcome(path=path, fault=error.strerror or str(error))
