"""`flightlog redact`: a text without its secrets, or the places and rules of its secrets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final, NamedTuple

import msgspec
from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.files import FILE
from flightlog.cli.history import CONFIG
from flightlog.cli.redacting import chosen_redactor
from flightlog.cli.settings import SETTINGS, choose, sources
from flightlog.cli.terminal import error_console
from flightlog.cli.text import clean, count
from flightlog.errors import InvalidSettingError

if TYPE_CHECKING:
    from flightlog.redaction import Redactor

_READ_BYTES: Final = 1024 * 1024
_CONTEXT_BYTES: Final = 16 * 1024
"""The text before a piece, because a name may stand lines before its value."""
_AHEAD_BYTES: Final = 64 * 1024
"""The text after a piece, because a secret may continue after the piece."""
_MOST_BYTES: Final = 8 * _READ_BYTES
_SHOWN: Final = 4
_LEAST_SHOWN_OF: Final = 16


class Place(NamedTuple):
    """A secret in a piece of a text."""

    start: int
    """Where the secret starts in the piece, bytes."""
    end: int
    """Where the secret ends in the piece, bytes."""
    source: str
    """The rule or recogniser that found the secret."""


def redact(
    file: Annotated[str, FILE] = "-",
    /,
    *,
    explain: bool = False,
    json: bool = False,
    rules: bool = False,
    redact_rules: Annotated[
        tuple[str, ...] | None, Parameter(help=SETTINGS["redact_rules"].summary, metavar="FILE")
    ] = None,
    config: Annotated[Path | None, CONFIG] = None,
) -> int:
    """
    Print a text with its secrets removed, as the receiver and recorders remove them.

    The memory that the command takes does not depend on the size of the text.

    Args:
        file: The text; `-` is standard input.
        explain: Print each place where a secret would be removed: line, column, the rule or
            recogniser, and the beginning of long secrets, but never a whole secret.
        json: With `--explain`, print NDJSON: {"line": ..., "column": ..., "characters": ...,
            "source": ...}.
        rules: Print the ids of the token rules in force, which `off:ID` can leave out.
        redact_rules: See the settings.
        config: See the settings.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: The file can't be read, or a setting can't be used.
    """
    found = sources({"redact_rules": redact_rules}, config)
    if rules:
        _print_rules(choose(found, "redact_rules").get("redact_rules", ()))
        return ExitCode.OK
    redactor = chosen_redactor(found)
    with _opened(file) as text:
        if explain:
            _explain(text, redactor, json=json)
        else:
            _redact(text, redactor)
    return ExitCode.OK


def pieces(
    text: BinaryIO, find: Callable[[bytes], Sequence[tuple[int, int, str]]]
) -> Iterator[tuple[bytes, list[Place]]]:
    """
    Read a text piece by piece, each with its secrets.

    Args:
        text: The text.
        find: Returns start, end and source of each secret in a part of the text, in order.

    Yields:
        The piece, and the places of its secrets; no secret continues in the next piece, unless it
        is larger than the memory for a piece.
    """
    context = rest = b""
    while True:
        part = text.read(_READ_BYTES)
        window = context + rest + part
        offset = len(context)
        found = [place for place in find(window) if place[1] > offset]
        end = _piece_end(window, offset, found) if part else len(window)
        if end > offset:
            places = [
                Place(max(start - offset, 0), min(stop, end) - offset, source)
                for start, stop, source in found
                if start < end
            ]
            yield window[offset:end], places
        if not part:
            return
        context, rest = window[max(0, end - _CONTEXT_BYTES) : end], window[end:]


def _piece_end(window: bytes, offset: int, found: Sequence[tuple[int, int, str]]) -> int:
    latest = len(window) - _AHEAD_BYTES
    end = window.rfind(b"\n", offset, max(offset, latest)) + 1
    if end <= offset:
        end = max(offset, latest)
    for start, stop, _ in found:
        if start < end < stop and (start > offset or len(window) < _MOST_BYTES):
            end = max(start, offset)
    return end


def _redact(text: BinaryIO, redactor: Redactor) -> None:
    mark = redactor.mark
    output = sys.stdout.buffer
    for piece, places in pieces(text, redactor.explain):
        at = 0
        for place in places:
            output.write(piece[at : place.start])
            output.write(mark(piece[place.start : place.end]))
            at = place.end
        output.write(piece[at:])
    output.flush()


def _explain(text: BinaryIO, redactor: Redactor, *, json: bool) -> None:
    line, column, total = 1, 1, 0
    for piece, places in pieces(text, redactor.explain):
        at = 0
        for place in places:
            line, column = _moved(piece[at : place.start], line, column)
            at = place.start
            _print_place(line, column, piece[place.start : place.end], place.source, json=json)
        line, column = _moved(piece[at:], line, column)
        total += len(places)
    error_console().print(Text(f"{count(total, 'secret')} would be removed."), soft_wrap=True)


def _moved(passed: bytes, line: int, column: int) -> tuple[int, int]:
    lines = passed.count(b"\n")
    last = passed[passed.rfind(b"\n") + 1 :].decode(errors="replace")
    return line + lines, (1 if lines else column) + len(last)


def _print_place(line: int, column: int, secret: bytes, source: str, *, json: bool) -> None:
    text = secret.decode(errors="replace")
    if json:
        place = {"line": line, "column": column, "characters": len(text), "source": source}
        sys.stdout.write(msgspec.json.encode(place).decode() + "\n")
        return
    shown = clean(text[:_SHOWN]) if len(text) >= _LEAST_SHOWN_OF else ""
    place_text = f"{line}:{column}"
    sys.stdout.write(f"{place_text:<10} {source:<32} {shown}… ({count(len(text), 'character')})\n")


def _print_rules(entries: Sequence[str]) -> None:
    from flightlog.redaction.tokens import chosen_rules  # noqa: PLC0415 - slow to import

    for rule in chosen_rules(entries):
        sys.stdout.write(f"{rule.id:<32} {clean(rule.description)}\n")


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InvalidSettingError(
            "FILE", f"is {file}, which can't be read ({error.strerror})", hint="Name another file."
        ) from error
    with stream:
        yield stream
