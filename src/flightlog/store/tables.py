"""
The columns of `executions` and `node_executions`, derived from the fields that merge.

`flightlog.record.fields` declares the fields. This module adds the columns that no field names: the
key, the version of the status, the versions of other values, and the five columns of an error.
Each store's `schema.sql` creates the columns.
"""

from __future__ import annotations

from typing import Final

from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS, MergedFields
from flightlog.record.model import ExecutionError
from flightlog.store.row_functions import (
    ReadValues,
    Row,
    WriteRow,
    compile_reader,
    compile_writer,
)

ERROR_COLUMNS: Final = ("error_message", "error_node_id", "error_kind", "error_stack", "error_type")


class Table:
    """
    A table whose rows hold registers.

    Args:
        name: The table's name.
        key: The columns of the key.
        fields: The fields that merge, each in a column of its name.
    """

    def __init__(self, name: str, key: tuple[str, ...], fields: MergedFields) -> None:
        self.name: Final = name
        self.fields: Final = fields
        self.columns: Final = (*key, *fields.names[:-1], "revision", "provenance", *ERROR_COLUMNS)
        """All columns in the order of a row."""
        self.first_value: Final = len(key)
        """The place of the first value in a row; the values precede the revision."""
        self.key_part: Final = slice(0, self.first_value)
        """The place of the key in a row."""
        self.first_error: Final = self.columns.index(ERROR_COLUMNS[0])
        """The place of the error's message in a row."""
        self.error_part: Final = slice(self.first_error, self.first_error + len(ERROR_COLUMNS))
        """The place of `ERROR_COLUMNS` in a row."""
        self.revision: Final = self.columns.index("revision")
        """The place of the revision in a row."""
        self.provenance: Final = self.columns.index("provenance")
        """The place of the versions of other values in a row."""
        self.payloads: Final = fields.list_kind("payload")
        """The columns of payloads."""
        self.duration: Final = fields.index["duration_ms"]
        """The place of the duration among the values."""
        self.payload_values: Final = tuple(fields.index[name] for name in self.payloads)
        """The places of the payloads among the values."""
        self.read_values: Final[ReadValues] = compile_reader(fields, self.first_value)
        """Reads the values of a row."""
        self.write_row: Final[WriteRow] = compile_writer(fields)
        """Makes a row of its parts."""

    def find_position(self, column: str) -> int:
        """
        Find the place of a column in a row.

        Args:
            column: The column's name.

        Returns:
            The place.
        """
        return self.columns.index(column)

    def select_list(self, alias: str = "") -> str:
        """
        Write the list of columns for a SELECT statement.

        Args:
            alias: The table's name or alias in the statement; without it, plain column names.

        Returns:
            The columns in the order of a row.
        """
        prefix = f"{alias}." if alias else ""
        return ", ".join(f"{prefix}{column}" for column in self.columns)


def make_error_row(error: ExecutionError) -> Row:
    """
    Convert an error to its columns.

    Args:
        error: The error.

    Returns:
        The error's values, in the order of `ERROR_COLUMNS`.
    """
    return (error.message, error.node_id, error.kind, error.stack, error.type)


def read_error(columns: Row) -> ExecutionError:
    """
    Read the error from its columns.

    Args:
        columns: The values of `ERROR_COLUMNS`, in this order; the message is present.

    Returns:
        The error.
    """
    message, node_id, kind, stack, type_name = columns
    return ExecutionError(message=message, node_id=node_id, kind=kind, stack=stack, type=type_name)


EXECUTIONS: Final = Table("executions", ("id",), EXECUTION_FIELDS)
NODES: Final = Table("node_executions", ("execution_id", "sequence", "node_id"), NODE_FIELDS)

STARRED: Final = len(EXECUTIONS.columns)
"""The place of `starred` in a row of `SHOWN_EXECUTION`."""
ORDINAL: Final = STARRED + 1
"""The place of `ordinal` in a row of `SHOWN_EXECUTION`."""
SHOWN_EXECUTION: Final = ", ".join(
    "coalesce(retry_of, previous_run) AS retry_of" if column == "retry_of" else column
    for column in (*EXECUTIONS.columns, "starred", "ordinal")
)
"""
The columns of `EXECUTIONS` as a statement selects them to show an execution, with its star and its
ordinal. A run without its own `retry_of` shows the previous run of its id there.
"""
