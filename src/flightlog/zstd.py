"""The zstd library: part of Python from 3.14 on, and `backports.zstd` in older versions."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import (
        DecompressionParameter,
        ZstdCompressor,
        ZstdDict,
        ZstdError,
        ZstdFile,
        compress,
        decompress,
        get_frame_info,
        train_dict,
    )
else:
    from backports.zstd import (
        DecompressionParameter,
        ZstdCompressor,
        ZstdDict,
        ZstdError,
        ZstdFile,
        compress,
        decompress,
        get_frame_info,
        train_dict,
    )

__all__ = [
    "DecompressionParameter",
    "ZstdCompressor",
    "ZstdDict",
    "ZstdError",
    "ZstdFile",
    "compress",
    "decompress",
    "get_frame_info",
    "train_dict",
]
