"""
Looking into payloads of any size: level by level, without making Python objects of all of it.

`document` holds a payload's JSON and finds places in it; `tree`, `table`, `search` and `select` are
what a viewer asks of it. `select` is imported where it is called, for its libraries' memory. Where
payloads come from is their callers' business.
"""

from flightlog.payload.document import Document
from flightlog.payload.search import MAX_MATCHES, Match, Matches, search
from flightlog.payload.table import Table, read_table
from flightlog.payload.tree import Tree, TreeChild, read_tree

__all__ = [
    "MAX_MATCHES",
    "Document",
    "Match",
    "Matches",
    "Table",
    "Tree",
    "TreeChild",
    "read_table",
    "read_tree",
    "search",
]
