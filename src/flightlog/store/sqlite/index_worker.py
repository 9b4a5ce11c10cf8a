"""
The process that reads executions for the search index, while another one writes the entries.

`python -m flightlog.store.sqlite.index_worker` runs it, and `index_process` starts it. The first
frame of the input is the path of the history. Then each frame is a `Request`, and its answer is a
`EntryBatch` in MessagePack. The process ends when its input ends, when another file is at the path,
and after any failure, because the other process then reads by itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from flightlog.child_process import become_child, read_frame, write_frame
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.connection import open_reader
from flightlog.store.sqlite.index_reading import EntryBatch, EntryReader
from flightlog.store.sqlite.settings import SqliteSettings


class Request(Struct, frozen=True, kw_only=True):
    """Asks for a portion."""

    now_s: float
    """The current time, seconds since 1970."""
    most_bytes: int
    """The size of the entries after which the portion ends."""


def main() -> None:
    """Answer requests until the input ends."""
    # Queries scan what this process leaves waiting, so it has the usual priority.
    become_child(gives_way=False)
    source, destination = sys.stdin.buffer, sys.stdout.buffer
    try:
        path = Path(os.fsdecode(bytes(read_frame(source))))
        connection = open_reader(path, SqliteSettings())
        original = path.stat()
        codec, reader = Codec(), EntryReader()
        portion = EntryBatch([], more=False)
        while True:
            request = msgspec.msgpack.decode(read_frame(source), type=Request)
            if not os.path.samestat(path.stat(), original):
                return
            # The portion before is perhaps not written yet.
            known = {entry[:2] for entry in portion.entries}
            with connection:
                portion = reader.read(connection, codec, request.now_s, request.most_bytes, known)
            write_frame(destination, msgspec.msgpack.encode(portion))
    except (EOFError, BrokenPipeError):
        # Python flushes the standard output at its end, and the other process may be gone.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
