"""
The load client for machines without `wrk`: the work of `load.lua`, on asyncio's streams.

`load` runs `python -m benchmarks.load_client PORT FILE CONTENT_TYPE COUNT` and reads the output.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import BinaryIO

import msgspec

from benchmarks.load import CONNECTIONS, LoadResult


class _Client:
    def __init__(self, port: int, file: BinaryIO, content_type: str) -> None:
        self._port = port
        self._file = file
        self._content_type = content_type.encode()
        self._latencies: list[float] = []
        self._succeeded = self._refused = self._broken = 0
        self._example = ""

    async def run(self) -> LoadResult:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._connection())
        seconds = time.perf_counter() - started
        ordered = sorted(self._latencies)
        return LoadResult(
            seconds=seconds,
            succeeded=self._succeeded,
            refused=self._refused,
            broken=self._broken,
            example=self._example,
            p50_ms=ordered[len(ordered) // 2] * 1000,
            p99_ms=ordered[len(ordered) * 99 // 100] * 1000,
        )

    async def _connection(self) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            while size := self._file.read(8):
                body = self._file.read(int(size, 16))
                started = time.perf_counter()
                writer.write(self._head(len(body)) + body)
                status, answer = await _answer(reader)
                self._latencies.append(time.perf_counter() - started)
                if status == b"200" and b'"success":true' in answer:
                    self._succeeded += 1
                else:
                    self._refused += 1
                    self._example = answer[:300].decode()
            writer.close()
        except OSError as error:
            self._broken += 1
            self._example = str(error)

    def _head(self, size: int) -> bytes:
        return (
            b"POST /api/executions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n"
        ) % (self._port, self._content_type, size)


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    sizes = [line for line in lines if line.lower().startswith(b"content-length:")]
    size = int(sizes[0].partition(b":")[2])
    return lines[0].split()[1], await reader.readexactly(size)


def main() -> None:
    """Send the file's bodies, and print the results."""
    port, path, content_type, _ = sys.argv[1:]
    with open(path, "rb") as file:  # noqa: PTH123 - `load` passes a valid path
        result = asyncio.run(_Client(int(port), file, content_type).run())
    print(f"RESULT {msgspec.json.encode(result).decode()}")


if __name__ == "__main__":
    main()
