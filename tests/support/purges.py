"""A directory whose files have a secret value in many forms, and an independent search for it."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import encode_execution
from flightlog.spool.recovery import keep_rejected
from flightlog.store.sqlite.backup import back_up
from flightlog.store.sqlite.known_backups import note_backup
from support.programs import run_program
from support.records import record

SECRET: Final = 'Tr0ub4dor "&3"/\\é😀\nend'
OTHER: Final = "a text that stays"


def list_forms(value: str) -> dict[str, str]:
    """
    Write a value in the forms in which programs write it.

    Args:
        value: The value.

    Returns:
        The forms by name.
    """
    inner = json.dumps(value)[1:-1]
    return {
        "plain": value,
        "json": json.dumps(value, ensure_ascii=False)[1:-1],
        "ascii json": inner,
        "json in json": json.dumps(inner)[1:-1],
        "json in json in json": json.dumps(json.dumps(inner)[1:-1])[1:-1],
        "escapes": "".join(
            f"\\u{ord(each):04X}" if ord(each) < 1 << 16 else each for each in value
        ),
        "percent": quote(value, safe=""),
        "form": quote_plus(value),
        "html": html.escape(value),
        "base64": base64.b64encode(value.encode()).decode().rstrip("="),
        "base64 behind 1": base64.b64encode(b"u" + value.encode() + b"..").decode(),
        "base64 behind 2": base64.urlsafe_b64encode(b"u:" + value.encode() + b"..").decode(),
        "hexadecimal": value.encode().hex(),
    }


def make_record(number: int, secret: str) -> dict[str, object]:
    """
    Make a record that has a value in every text field, in one form each.

    Args:
        number: The number of the record.
        secret: The value.

    Returns:
        The record.
    """
    forms = list_forms(secret)
    document = {"forms": forms, "other": OTHER, secret: [secret, {"deep": forms["json in json"]}]}
    return {
        "id": f"run-{number}",
        "workflowId": "orders",
        "workflowName": f"Orders {secret}",
        "name": secret,
        "status": "error",
        "startedAt": "2026-11-22T19:04:11.000000Z",
        "trigger": {"type": "http", "data": {"n": number, "secret": secret}},
        "tags": {"customer": secret, "kept": OTHER},
        "error": {"message": f"failed: {secret}", "stack": f"File {secret}", "nodeId": "charge"},
        "nodeExecutions": [
            {
                "nodeId": "charge",
                "nodeName": f"Charge {secret}",
                "nodeType": "httpRequest",
                "status": "success",
                "input": document,
                "output": {**document, "large": [f"{OTHER} {place}" for place in range(300)]},
            }
        ],
    }


def make_history(directory: Path, secret: str) -> Path:
    """
    Make a history, a backup, a spool and a refused record that all have a value.

    Args:
        directory: An empty directory.
        secret: The value.

    Returns:
        The history.
    """
    history = directory / "history.db"
    with ExecutionLogger(history) as logger:
        # So many small payloads that a dictionary is trained.
        logger.log_executions([make_record(number, secret) for number in range(6)])
        logger.log_executions([record(f"plain-{number}") for number in range(3)])
        while logger.writer.index_portion().more:
            pass
        logger.delete_execution("run-5")
    backup = directory / "copies" / "copy.db"
    backup.parent.mkdir()
    back_up(history, backup)
    note_backup(history, backup)
    spool_dir = directory / "spool"
    text = json.dumps(make_record(100, secret))
    process_id = run_program("spool_leaves_records", spool_dir, "http://127.0.0.1:1", text).strip()
    keep_rejected(spool_dir / process_id, text.encode())
    return history


def find_secret(directory: Path, secret: str) -> list[tuple[str, str]]:
    """
    Search all files below a directory for a value, without the code under test.

    Args:
        directory: The directory.
        secret: The value.

    Returns:
        The files and the forms that were found in them.
    """
    found = []
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        texts = {"raw": path.read_bytes()}
        if path.read_bytes().startswith(b"SQLite format 3"):
            with ExecutionLogger(path, read_only=True) as logger:
                pages = logger.get_executions("orders", limit=1000)
                texts["decoded"] = b"".join(map(encode_execution, pages))
        found += [
            (f"{path.relative_to(directory)} {kind}", name)
            for kind, data in texts.items()
            for name, form in list_forms(secret).items()
            if form.encode() in data
        ]
    return found
