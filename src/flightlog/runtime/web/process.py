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
How long runs may still go on when the process is asked to end; then they are canceled. Those who
ask often kill it after 10 s, and by then it must be recorded.
"""


def serve_forever(app: FastAPI, port: int) -> None:
    """
    Serve an application until it is stopped; `serving.serve` says more.

    Args:
        app: The application.
        port: Where to listen, unless the command line or `PORT` says otherwise.
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
    # As text, which argparse reads as it does what is typed.
    named = os.environ.get("PORT", "").strip()
    return named if named.isdigit() else str(port)
