from __future__ import annotations

from pathlib import Path

import httpx

from support.ipc_client import IpcClient

from .conftest import run


def test_changes_are_told_together(project: Path, client: IpcClient) -> None:
    """Each changed execution is reported with its project, in fewer notifications than changes."""
    with httpx.Client(base_url=client.call("initialize")["receiver"]["url"]) as http:
        for number in range(300):
            http.post("/api/executions", json=run(f"run-{number}")).raise_for_status()
    for number in range(300):
        client.wait_for_change(f"run-{number}")
    assert 0 < len(client.notifications) < 100
    projects = {sent["params"]["projectPath"] for sent in client.notifications}
    assert projects == {str(project)}
    client.notifications.clear()
    client.call("execution:clear-workflow", ["order-intake"])
    # Deleting works in portions, each with its own notification.
    for number in range(300):
        client.wait_for_change(f"run-{number}")
    assert sorted(client.changed()) == sorted(f"run-{number}" for number in range(300))
