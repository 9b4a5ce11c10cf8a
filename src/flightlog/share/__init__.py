"""
A run as one HTML file, for people who have no access to the history.

The file has no script and requests nothing. `markup` escapes every text, `values` shows payloads,
`timeline` places the bars, `conversation` shows calls of models, and `page` reads the run and
joins these parts. Callers send the file.
"""

from flightlog.share.page import name_file, share_run, write_page

__all__ = ["name_file", "share_run", "write_page"]
