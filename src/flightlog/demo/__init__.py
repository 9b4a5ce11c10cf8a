"""
The demonstration: two real workflows in processes of their own, and what is sent to them.

`workflow` knows nothing of Flightlog, the other is generated from `MANIFEST`; `flightlog.cli.demo`
puts the parts together and shows them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

MANIFEST: Final = Path(__file__).with_name("ticket-triage.json")
"""The manifest of the workflow that is generated."""
