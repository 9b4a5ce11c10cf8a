"""
The query language: a line of text becomes an expression, which chooses executions.

    status:error node:Charge output.status:>=500 duration:>2s timeout

`fields` is the one table of fields: the parser's errors and docs/inspect/query.md come from it.
`parser` reads a query, `printer` writes one, and `texts` and `payloads` test values. The store
compiles expressions.
"""

from flightlog.query.expressions import Expression
from flightlog.query.operands import Reader
from flightlog.query.parser import parse
from flightlog.query.printer import write_query

__all__ = ["Expression", "Reader", "parse", "write_query"]
