"""
A run as one HTML file, for people who have no access to the history.

The file has no script and requests nothing. `markup` escapes every text, `values` shows payloads,
`timeline` places the bars, and `page` joins these parts. Callers read the run and send the file.
"""

from flightlog.share.page import MAX_NODES, name_file, write_page

__all__ = ["MAX_NODES", "name_file", "write_page"]
