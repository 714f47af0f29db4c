"""Conditions and constraints as a space writes them: ``total <= 8 MiB``, ``dsp_ms <= 8 and depth > 1``.

Python's grammar for comparisons, sums and ``and``/``or``/``not``, read by ``ast`` and computed here: no code of a space
runs. A number may carry a unit: of bytes, of time (then in milliseconds), or k, M, G.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..units import BYTES, COUNTS, MILLISECONDS

_UNITS: Final = {**COUNTS, **MILLISECONDS, **{name: size for name, size in BYTES.items() if name != "b"}}
_QUANTITY: Final = re.compile(r"(?<![\w.])(\d[\d_]*(?:\.\d+)?)\s*(KiB|MiB|GiB|kB|MB|GB|B|us|ms|s|k|M|G)\b")
_BYTE: Final = "B"
MAX_LENGTH: Final = 2000
"""Characters of an expression."""

_COMPARE: Final[dict[type[ast.AST], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
_COMPUTE: Final[dict[type[ast.AST], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip


class Expression:
    """A condition over names. ValueError, at once, for what cannot be read."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > MAX_LENGTH:
            raise ValueError(f"is longer than {MAX_LENGTH} characters")
        try:
            self._tree = ast.parse(_QUANTITY.sub(_number, text).strip(), mode="eval").body
        except (SyntaxError, RecursionError, MemoryError, ValueError):
            raise ValueError("is no condition; write one such as total <= 8 MiB") from None
        self.names = frozenset(self._check(self._tree))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self) -> tuple[Any, ...]:
        return Expression, (self.text,)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds; a name that ``values`` lacks (a parameter left out) makes its comparison false."""
        try:
            return bool(_value(self._tree, values))
        except (KeyError, TypeError, ZeroDivisionError):
            return False

    def excess(self, values: Mapping[str, Any]) -> float:
        """By how much it is missed, as a share of its bound; at most 0 where it holds, 1 where that is no number."""
        tree = self._tree
        if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
            try:
                left, right = _value(tree.left, values), _value(tree.comparators[0], values)
                over = (left - right) / (abs(right) or 1)
            except (KeyError, TypeError, ZeroDivisionError):
                return 0.0 if self.holds(values) else 1.0
            if isinstance(tree.ops[0], (ast.Lt, ast.LtE)):
                return float(over)
            if isinstance(tree.ops[0], (ast.Gt, ast.GtE)):
                return float(-over)
        return 0.0 if self.holds(values) else 1.0

    def _check(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Name):
            return [] if node.id in ("true", "false") else [node.id]
        if isinstance(node, ast.Constant):
            if isinstance(node.value, (bool, int, float, str)):
                return []
        elif isinstance(node, ast.Compare):
            if all(type(op) in _COMPARE for op in node.ops):
                return [n for part in (node.left, *node.comparators) for n in self._check(part)]
        elif isinstance(node, ast.BinOp):
            if type(node.op) in _COMPUTE:
                return [*self._check(node.left), *self._check(node.right)]
        elif isinstance(node, ast.UnaryOp):
            if isinstance(node.op, (ast.Not, ast.USub)):
                return self._check(node.operand)
        elif isinstance(node, ast.BoolOp):
            return [n for part in node.values for n in self._check(part)]
        elif isinstance(node, (ast.List, ast.Tuple)):
            return [n for part in node.elts for n in self._check(part)]
        raise ValueError(
            f"holds {ast.unparse(node)}; comparisons, + - * / // %, and, or, not and in can be written"
        )


def _number(match: re.Match[str]) -> str:
    unit = match[2]
    size = 1 if unit == _BYTE else _UNITS[unit.lower()]
    return f"({match[1]}*{size})"


def _value(node: ast.AST, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return {"true": True, "false": False}[node.id] if node.id in ("true", "false") else values[node.id]
    if isinstance(node, ast.Compare):
        left = _value(node.left, values)
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = _value(part, values)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True
    if isinstance(node, ast.BoolOp):
        wanted = isinstance(node.op, ast.Or)
        return wanted if any(_truth(part, values) is wanted for part in node.values) else not wanted
    if isinstance(node, ast.UnaryOp):
        found = _value(node.operand, values)
        return not found if isinstance(node.op, ast.Not) else -found
    if isinstance(node, ast.BinOp):
        return _COMPUTE[type(node.op)](_value(node.left, values), _value(node.right, values))
    return [_value(part, values) for part in node.elts]  # type: ignore[attr-defined]


def _truth(node: ast.AST, values: Mapping[str, Any]) -> bool:
    try:
        return bool(_value(node, values))
    except (KeyError, TypeError, ZeroDivisionError):
        return False
