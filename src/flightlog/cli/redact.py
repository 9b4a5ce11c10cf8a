"""`flightlog redact`: a text without its secrets, or the places and rules of its secrets."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final, NamedTuple

import msgspec
from cyclopts import Parameter
from rich.text import Text

from flightlog.cli.arguments import FILE
from flightlog.cli.exit_codes import ExitCode
from flightlog.cli.history import CONFIG
from flightlog.cli.plaintext import UnreadableTextError, open_text
from flightlog.cli.redacting import make_redactor
from flightlog.cli.settings import SETTINGS, choose, collect_sources
from flightlog.cli.terminal import make_error_console
from flightlog.errors import InvalidSettingError
from flightlog.text import clean, format_count

if TYPE_CHECKING:
    from flightlog.redaction import Redactor

_READ_BYTES: Final = 1024 * 1024
_CONTEXT_BYTES: Final = 16 * 1024
"""The text before a piece, because a name may stand lines before its value."""
_AHEAD_BYTES: Final = 64 * 1024
"""The text after a piece, because a secret may continue after the piece."""
_MOST_BYTES: Final = 8 * _READ_BYTES
_SHOWN: Final = 4
_BEFORE_CHARACTERS: Final = 32
_NUMBER: Final = re.compile(rb"-?[0-9][0-9.eE+-]*")
_MEMBER: Final = re.compile(rb'.*"[ \t]*:[ \t]*', re.DOTALL)
_AFTER_MEMBER: Final = re.compile(rb"\s*[,}\]]|\s*\Z")
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
            recogniser, the text before the secret and the beginning of long secrets, but never a
            whole secret.
        json: With `--explain`, print NDJSON: {"line": ..., "column": ..., "characters": ...,
            "source": ...}.
        rules: Print the ids of the token rules in force, which `off:ID` can leave out; with
            `--json` as NDJSON.
        redact_rules: See the settings.
        config: See the settings.

    Returns:
        The exit code.

    Raises:
        InvalidSettingError: The file can't be read, or a setting can't be used.
    """
    found = collect_sources({"redact_rules": redact_rules}, config)
    if rules:
        _print_rules(choose(found, "redact_rules").get("redact_rules", ()), json=json)
        return ExitCode.OK
    if json and not explain:
        raise InvalidSettingError(
            "json", "is given without --explain or --rules", hint="Add one of them."
        )
    redactor = make_redactor(found)
    with _open_file(file) as text:
        if explain:
            _explain(text, redactor, json=json)
        else:
            _redact(text, redactor)
    return ExitCode.OK


def read_pieces(
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
        end = _find_piece_end(window, offset, found) if part else len(window)
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


def _find_piece_end(window: bytes, offset: int, found: Sequence[tuple[int, int, str]]) -> int:
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
    for piece, places in read_pieces(text, redactor.explain):
        at = 0
        for place in places:
            output.write(piece[at : place.start])
            secret = mark(piece[place.start : place.end])
            # A number of JSON becomes a text, so that JSON stays JSON.
            output.write(b'"%b"' % secret if _is_json_number(piece, place) else secret)
            at = place.end
        output.write(piece[at:])
    output.flush()


def _is_json_number(piece: bytes, place: Place) -> bool:
    before = piece[max(0, place.start - _BEFORE_CHARACTERS) : place.start]
    return bool(
        _NUMBER.fullmatch(piece, place.start, place.end)
        and _MEMBER.fullmatch(before)
        and _AFTER_MEMBER.match(piece, place.end)
    )


def _explain(text: BinaryIO, redactor: Redactor, *, json: bool) -> None:
    line, column, total = 1, 1, 0
    for piece, places in read_pieces(text, redactor.explain):
        at = 0
        for place in places:
            before, secret = piece[at : place.start], piece[place.start : place.end]
            line, column = _move_position(before, line, column)
            if json:
                _write_place(line, column, secret, place.source)
            else:
                _print_place(line, column, before, secret, place.source)
            line, column = _move_position(secret, line, column)
            at = place.end
        line, column = _move_position(piece[at:], line, column)
        total += len(places)
    make_error_console().print(
        Text(f"{format_count(total, 'secret')} would be removed."), soft_wrap=True
    )


def _move_position(passed: bytes, line: int, column: int) -> tuple[int, int]:
    lines = passed.count(b"\n")
    last = passed[passed.rfind(b"\n") + 1 :].decode(errors="replace")
    return line + lines, (1 if lines else column) + len(last)


def _write_place(line: int, column: int, secret: bytes, source: str) -> None:
    characters = len(secret.decode(errors="replace"))
    place = {"line": line, "column": column, "characters": characters, "source": source}
    sys.stdout.write(msgspec.json.encode(place).decode() + "\n")


def _print_place(line: int, column: int, before: bytes, secret: bytes, source: str) -> None:
    text = secret.decode(errors="replace")
    shown = clean(text[:_SHOWN]) if len(text) >= _LEAST_SHOWN_OF else ""
    context = before[before.rfind(b"\n") + 1 :].decode(errors="replace")[-_BEFORE_CHARACTERS:]
    place = f"{line}:{column}"
    sys.stdout.write(
        f"{place:<10} {source:<32} {clean(context).lstrip()}{shown}… "
        f"({format_count(len(text), 'character')})\n"
    )


def _print_rules(entries: Sequence[str], *, json: bool) -> None:
    from flightlog.redaction.tokens import chosen_rules  # noqa: PLC0415 - slow to import

    for rule in chosen_rules(entries):
        if json:
            described = msgspec.json.encode({"id": rule.id, "description": rule.description})
            sys.stdout.write(described.decode() + "\n")
        else:
            sys.stdout.write(f"{rule.id:<32} {clean(rule.description)}\n")


@contextmanager
def _open_file(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(file).open("rb") as stream:
            # The secrets of compressed text, or text of another encoding, would not be seen.
            yield open_text(stream) if stream.seekable() else stream
    except OSError as error:
        raise InvalidSettingError(
            "FILE", f"is {file}, which can't be read ({error.strerror})", hint="Name another file."
        ) from error
    except UnreadableTextError as error:
        raise InvalidSettingError(
            "FILE",
            f"is {file}, which can't be read to its end: {error.args[0]}",
            hint="Get a whole copy of the file.",
        ) from error
