"""Generated projects as real processes: generate a manifest, start the project, call it by HTTP."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from flightlog.codegen import generate, manifest_from, write_files

_RUNNING = re.compile(r"Uvicorn running on (http://\S+)")
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 10.0


class Project:
    """
    A manifest and the application that is generated from the manifest.

    Args:
        name: The name of the project's directory.
        manifest: The manifest.
        environment: Further variables for this project.
    """

    def __init__(self, name: str, manifest: dict[str, Any], environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.name = name
        self.manifest = manifest
        self.process: subprocess.Popen[str] | None = None
        self.said: deque[str] = deque(maxlen=200)
        self._urls: queue.Queue[str | None] = queue.Queue()
        self._url: str | None = None
        self._listener: threading.Thread | None = None
        self._client: httpx.Client | None = None

    def generate(self, directory: Path) -> Path:
        """
        Write the project's files, and return their directory.

        Args:
            directory: The parent of the project's directory.

        Returns:
            The directory of the files.
        """
        target = directory / self.name
        write_files(generate(manifest_from(self.manifest)).files, target)
        return target

    def start(self, directory: Path, environment: Mapping[str, str]) -> None:
        """
        Generate the project and start its `app.py`; don't wait until the application listens.

        Args:
            directory: The parent of the project's directory.
            environment: Further variables for the process.
        """
        target = self.generate(directory)
        self._urls, self._url = queue.Queue(), None
        self.process = subprocess.Popen(
            [sys.executable, str(target / "app.py"), "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **environment, **self.environment},
        )
        assert self.process.stdout is not None
        self._listener = threading.Thread(target=self._listen, args=(self.process.stdout,))
        self._listener.start()

    @property
    def client(self) -> httpx.Client:
        """Make a client of the application, once the application listens."""
        if self._client is None:
            self._client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        return self._client

    @property
    def url(self) -> str:
        """The application's URL."""
        if self._url is None:
            self._url = self._urls.get(timeout=_START_TIMEOUT_S)
            if self._url is None:
                pytest.fail(f"{self.name} did not start:\n" + "\n".join(self.said))
        return self._url

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Stop the process with SIGTERM."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self._listener is not None:
            self._listener.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def _listen(self, output: IO[str]) -> None:
        for line in output:
            self.said.append(line.rstrip())
            if found := _RUNNING.search(line):
                self._urls.put(found[1])
        self._urls.put(None)


PROJECTS: list[Project] = []


def project(name: str, manifest: dict[str, Any], **environment: str) -> Project:
    """
    Register a project, which starts with all others when the first test requests a project.

    Args:
        name: The name of the project's directory.
        manifest: The manifest.
        environment: Further variables for this project.

    Returns:
        The project.
    """
    made = Project(name, manifest, environment)
    PROJECTS.append(made)
    return made
