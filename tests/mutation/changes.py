"""The small changes of a module's code that a test ought to notice: each one change of one function.

A comparison, a connective, a condition turned round, a filter left out, a number one higher, yes for no, `any` for
`all`, `min` for `max`, a sum for a difference, an answer or a step left out. Defaults of arguments, constants outside
functions and words stay as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_OTHER_NAME = {"any": "all", "all": "any", "min": "max", "max": "min"}
_TURNED_ROUND_BY_ITSELF = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Change:
    """A module with one change in one of its functions, or with none (a control)."""

    function: str
    line: int
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.function}:{self.line}: {self.before}  ->  {self.after}"


def changes(source: str) -> list[Change]:
    """Every change of the module, in the order of its lines."""
    whole = ast.parse(source)
    return [change for place, function in _functions(whole) for change in _of_function(whole, place, function)]


def control(source: str, function: str) -> Change:
    """The module as it is: what no test may notice."""
    return Change(function, 0, "", "nothing changed", ast.parse(source))


def names_of_functions(source: str) -> list[str]:
    return [place for place, _ in _functions(ast.parse(source))]


def _functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Function]]:
    """The functions and methods of a module; what stands within a function belongs to it."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, Function):
            yield f"{inside}{child.name}", child
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{inside}{child.name}.")


def _of_function(whole: ast.Module, place: str, function: Function) -> Iterator[Change]:
    number = {id(node): at for at, node in enumerate(ast.walk(whole))}
    for node in _body(function):
        for before, field, index, new in _variants(node):
            tree = deepcopy(whole)
            changed = list(ast.walk(tree))[number[id(node)]]
            if index is None:
                setattr(changed, field, deepcopy(new))
            else:
                getattr(changed, field)[index : index + 1] = [] if new is None else [deepcopy(new)]
            ast.fix_missing_locations(tree)
            after = ast.unparse(changed).split("\n")[0] if not isinstance(changed, Function) else _told(new)
            line = getattr(before, "lineno", getattr(node, "lineno", function.lineno))
            told = ast.unparse(node).split("\n")[0] if not isinstance(node, Function) else _told(before)
            yield Change(place, line, told, after, tree)


def _told(node: ast.AST | None) -> str:
    return "left out" if node is None else ast.unparse(node).split("\n")[0]


def _body(function: Function) -> Iterator[ast.AST]:
    """The nodes of the body, without types; its own defaults are evaluated outside it."""
    yield function
    for statement in function.body:
        yield from ast.walk(statement)


def _variants(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST | None]]:
    """What may be put in which field of this node: what was there, the field, its place in a list, and the new one."""
    if isinstance(node, ast.Compare):
        for index, op in enumerate(node.ops):
            yield node, "ops", index, _OTHER[type(op)]()
    if isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign) and type(node.op) in _OTHER:
        yield node, "op", None, _OTHER[type(node.op)]()
    if isinstance(node, ast.If | ast.IfExp | ast.While) and not _turns_by_itself(node.test):
        yield node, "test", None, ast.UnaryOp(ast.Not(), node.test)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and not _turns_by_itself(node.operand):
        yield node, "operand", None, ast.UnaryOp(ast.Not(), node.operand)
    if isinstance(node, ast.comprehension):
        for index, test in enumerate(node.ifs):
            yield test, "ifs", index, None
            if not _turns_by_itself(test):
                yield test, "ifs", index, ast.UnaryOp(ast.Not(), test)
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield node, "value", None, ast.Constant(None)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OTHER_NAME:
        yield node, "func", None, ast.Name(_OTHER_NAME[node.func.id], ast.Load())
    yield from _inside(node)


def _inside(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST | None]]:
    """Numbers and yeses among the children; steps that could be left out."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "args") and not isinstance(node, ast.Call):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            where = index if isinstance(value, list) else None
            if isinstance(child, ast.Constant) and isinstance(child.value, bool):
                yield child, field, where, ast.Constant(not child.value)
            elif isinstance(child, ast.Constant) and isinstance(child.value, int):
                yield child, field, where, ast.Constant(child.value + 1)
            elif isinstance(child, ast.Expr) and not isinstance(child.value, ast.Constant):
                yield child, field, where, ast.Pass()


def _turns_by_itself(test: ast.AST) -> bool:
    """A change of its own turns such a condition round."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return True
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], _TURNED_ROUND_BY_ITSELF)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
