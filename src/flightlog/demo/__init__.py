"""
The demonstration: two workflows in their own processes, and the requests sent to them.

`workflow` uses nothing of Flightlog; the other workflow is generated from `MANIFEST`.
`flightlog.cli.demo` runs both and shows the result.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

MANIFEST: Final = Path(__file__).with_name("ticket-triage.json")
"""The manifest of the generated workflow."""
