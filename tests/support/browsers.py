"""Starts Chromium for tests in Python."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CHROMIUM: Final = shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def browsing(url: str, profile: Path, *flags: str) -> Iterator[None]:
    """
    Show a page in Chromium while the `with` block runs.

    Args:
        url: The page's address.
        profile: A new directory for the browser's data.
        flags: Further flags of Chromium.

    Yields:
        None.
    """
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    browser = subprocess.Popen(
        [*command, f"--user-data-dir={profile}", "--remote-debugging-port=0", *flags, url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        browser.terminate()
        browser.wait(30)
