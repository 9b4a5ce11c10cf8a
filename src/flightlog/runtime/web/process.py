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
        "--port", type=int, default=_default_port(port), help="the port to listen on; 0: any"
    )
    asked = parser.parse_args(sys.argv[1:])
    uvicorn.run(app, host=asked.host, port=asked.port, timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S)


def _default_port(port: int) -> int:
    named = os.environ.get("PORT", "").strip()
    return int(named) if named.isdigit() else port
