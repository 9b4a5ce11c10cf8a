"""
The command line without pydantic: `python -m benchmarks.server_alone serve`.

The tests of recording need pydantic, and Litestar imports pydantic where it is installed, which
takes 9 MB. Users who install `flightlog[server]` don't have pydantic.
"""

from __future__ import annotations

import sys

from flightlog.cli import main


class _LeavePydanticOut:
    def find_spec(self, name: str, *_: object) -> None:
        """Refuse to find pydantic; leave other modules to other finders."""
        if name.partition(".")[0] == "pydantic":
            raise ModuleNotFoundError(f"{name} is left out", name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, _LeavePydanticOut())
    main()
