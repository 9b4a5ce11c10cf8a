"""
The seed's logger behind the pipe of `flightlog ipc`: `python -m benchmarks.seed_ipc FILE`.

The program does only the work of a query: it reads a frame, calls the logger, and writes the
answer's JSON as JSON.stringify does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.seed_baseline import SeedLogger, stringify


def main() -> None:
    """Answer `execution:get-history` until standard input ends."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    with SeedLogger(Path(sys.argv[1])) as logger:
        while head := source.readline():
            source.readline()
            call = json.loads(source.read(int(head.split(b":")[1])))
            answer = {"id": call["id"], "result": logger.get_executions(*call["params"])}
            body = stringify({"jsonrpc": "2.0", **answer}).encode()
            target.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            target.flush()


if __name__ == "__main__":
    main()
