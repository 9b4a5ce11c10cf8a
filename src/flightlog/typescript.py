"""Writes TypeScript interfaces of records, with the descriptions of their fields as comments."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct
from msgspec import inspect as types

JSON_TYPE: Final = """\
/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
"""
"""Declares the type of payloads in the interfaces."""

_NAMES: Final[dict[type[types.Type], str]] = {
    types.StrType: "string",
    types.IntType: "number",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.NoneType: "null",
    types.RawType: "Json",
}
_WIDTH: Final = 100


class Names:
    """
    The TypeScript names of types.

    Args:
        structs: The names of structs whose TypeScript name differs from the Python name.
        literals: Names of unions of texts, by their values.
    """

    def __init__(
        self,
        structs: Mapping[type[Struct], str] | None = None,
        literals: Mapping[frozenset[str], str] | None = None,
    ) -> None:
        self._structs = structs or {}
        self._literals = literals or {}

    def find_name(self, kind: type[Struct]) -> str:
        """
        Name a struct.

        Args:
            kind: The struct.

        Returns:
            The struct's TypeScript name.
        """
        return self._structs.get(kind, kind.__name__)

    def write_type(self, kind: types.Type, *, without_null: bool = False) -> str:
        """
        Write a type in TypeScript.

        Args:
            kind: The type.
            without_null: Leave `null` out of a union, where an absent field has the same meaning.

        Returns:
            The TypeScript of the type.
        """
        if isinstance(kind, types.Metadata):
            kind = kind.type
        if isinstance(kind, types.UnionType):
            dropped = (types.NoneType,) if without_null else ()
            parts = [
                self.write_type(option)
                for option in kind.types
                if not isinstance(option, dropped) and type(option).__name__ != "UnsetType"
            ]
            return " | ".join(dict.fromkeys(parts))
        if isinstance(kind, types.LiteralType):
            named = self._literals.get(frozenset(map(str, kind.values)))
            return named or " | ".join(json.dumps(value) for value in kind.values)
        if isinstance(kind, types.VarTupleType | types.TupleType):
            return self._write_tuple(kind)
        if isinstance(kind, types.DictType):
            return f"{{ [key: string]: {self.write_type(kind.value_type)} }}"
        if isinstance(kind, types.StructType):
            return self.find_name(kind.cls)
        return _NAMES[type(kind)]

    def _write_tuple(self, kind: types.VarTupleType | types.TupleType) -> str:
        if isinstance(kind, types.TupleType):
            return f"[{', '.join(map(self.write_type, kind.item_types))}]"
        return f"{_add_brackets(self.write_type(kind.item_type))}[]"


PYTHON_NAMES: Final = Names()
"""Names that are the same as in Python."""


def write_interface(
    kind: type[Struct],
    names: Names = PYTHON_NAMES,
    *,
    always_there: frozenset[str] = frozenset(),
    left_out: frozenset[str] = frozenset(),
    with_null: bool = False,
) -> str:
    """
    Declare an interface.

    Args:
        kind: The struct.
        names: The TypeScript names of types.
        always_there: Fields that are always served although they have a default, by their names in
            JSON.
        left_out: Fields that are never served.
        with_null: Whether fields may be null too.

    Returns:
        The TypeScript of the declaration.
    """
    lines = [
        *write_comment(inspect.getdoc(kind) or "", ""),
        f"export interface {names.find_name(kind)} {{",
    ]
    documented = dict(_read_field_docs(kind))
    for field in list_fields(kind):
        name = field.encode_name
        if name in left_out:
            continue
        optional = not field.required and name not in always_there
        written = names.write_type(field.type, without_null=not field.required)
        description = documented.get(field.name) or _describe(field.type)
        lines += write_comment(description, "  ")
        null = " | null" if with_null else ""
        lines.append(f"  {name}{'?' if optional else ''}: {written}{null};")
    return "\n".join([*lines, "}", ""])


def list_fields(kind: type[Struct]) -> tuple[types.Field, ...]:
    """
    List a struct's fields.

    Args:
        kind: The struct.

    Returns:
        The fields in the order of their declaration.
    """
    info = types.type_info(kind)
    assert isinstance(info, types.StructType)
    return info.fields


def write_comment(text: str, indent: str) -> list[str]:
    """
    Write a text as a documentation comment.

    Args:
        text: The text; may be empty.
        indent: The spaces before each line.

    Returns:
        The lines of the comment; no lines for an empty text.
    """
    lines = text.splitlines()
    if not lines:
        return []
    if len(lines) == 1 and len(indent + text) + len("/**  */") <= _WIDTH:
        return [f"{indent}/** {text} */"]
    return [f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"]


def _add_brackets(written: str) -> str:
    return f"({written})" if " | " in written else written


def _describe(kind: types.Type) -> str:
    if isinstance(kind, types.Metadata):
        return str((kind.extra_json_schema or {}).get("description", ""))
    if isinstance(kind, types.UnionType):
        return next(filter(None, map(_describe, kind.types)), "")
    return ""


def _read_field_docs(kind: type[Struct]) -> Iterator[tuple[str, str]]:
    # The description of an inherited field is in the class that declares the field.
    for declaring in reversed(kind.__mro__):
        if not issubclass(declaring, Struct) or declaring is Struct:
            continue
        (declared,) = ast.parse(inspect.getsource(declaring)).body
        assert isinstance(declared, ast.ClassDef)
        for field, after in zip(declared.body, declared.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                yield field.target.id, inspect.cleandoc(str(after.value.value))
