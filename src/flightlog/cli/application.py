"""The commands, declared to cyclopts. Each module is imported when its command runs."""

from __future__ import annotations

from typing import Final

from cyclopts import App, Parameter

from flightlog.cli.overview import COMMANDS, SENTENCE
from flightlog.version import __version__

app: Final = App(
    name="flightlog",
    help=SENTENCE,
    help_format="plaintext",
    version=__version__,
    version_flags=["--version", "-V"],
    result_action="return_value",
    default_parameter=Parameter(negative="", show_default=False, show_env_var=False),
)
for _place, _command in enumerate(COMMANDS):
    app.command(
        f"flightlog.cli.{_command.target}",
        name=_command.name,
        help=_command.help,
        sort_key=_place,
        synonym=_command.synonyms,
    )
