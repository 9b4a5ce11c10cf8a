"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# A slow machine is no failure, and a red build can be repeated.
settings.register_profile("flightlog", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("flightlog")
