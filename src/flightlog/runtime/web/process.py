"""The process that serves workflows: its address, and its command line."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Final

import uvicorn
from fastapi import FastAPI

HOST: Final = "127.0.0.1"
SHUTDOWN_TIMEOUT_S: Final = 5
"""
How long runs may continue after the process is asked to stop; then they are canceled. Process
managers often kill a process after 10 s, and the cancellations must be recorded before.
"""


def serve_forever(app: FastAPI, port: int) -> None:
    """
    Serve an application until the process is stopped; see `serving.serve`.

    Args:
        app: The application.
        port: The port, unless the command line or `PORT` sets another port.
    """
    parser = argparse.ArgumentParser(description=app.title)
    parser.add_argument("--host", default=HOST, help=f"the address to listen on ({HOST})")
    parser.add_argument(
        "--port", type=_port, default=_default_port(port), help="the port to listen on; 0: any"
    )
    asked = parser.parse_args(sys.argv[1:])
    uvicorn.run(app, host=asked.host, port=asked.port, timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S)


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use one from 0 to 65535")
    return port


def _default_port(port: int) -> str:
    # A text default is parsed by argparse like a typed argument.
    named = os.environ.get("PORT", "").strip()
    return named if named.isdigit() else str(port)
