"""
Reads payloads of any size level by level, without making Python objects of the whole payload.

`document` holds a payload's JSON and finds places in it; `tree`, `table`, `search` and `select`
answer a viewer's queries. Callers import `select` late, because its libraries need much memory.
Callers also load the payloads.
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
