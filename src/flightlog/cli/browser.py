"""
Opens a page in the user's browser, if this machine has one that shows windows.

Browsers for text terminals are never started, because they would take over the terminal.
"""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from typing import Final

_START_S: Final = 2.0
_TEXT_BROWSERS: Final = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})


def has_browser() -> bool:
    """
    Check whether a browser can show a window to the user of this terminal.

    Returns:
        True with a chosen browser (`BROWSER`), or with a display and any browser.
    """
    if os.environ.get("BROWSER"):
        return True
    if os.environ.get("SSH_CONNECTION"):
        return False
    if sys.platform not in {"darwin", "win32"} and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return getattr(browser, "name", "") not in _TEXT_BROWSERS


def open_browser(url: str) -> bool:
    """
    Open a page in the user's browser, and don't wait for the browser.

    Args:
        url: The page.

    Returns:
        Whether there is a browser.
    """
    if not has_browser():
        return False
    # Some browsers stay in the foreground until their window closes, so wait in a thread.
    opening = threading.Thread(
        target=webbrowser.open, args=(url,), name="flightlog-browser", daemon=True
    )
    opening.start()
    # A command that ends at once must leave the browser the time to start.
    opening.join(_START_S)
    return True
