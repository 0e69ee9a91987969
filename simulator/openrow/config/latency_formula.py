"""Latency formulas: integers and timings joined by ``+ - *``, parentheses, ``max(...)`` and ``min(...)``.

``nCL + nBL + 2 - nCWL`` is how standards write the spacing of two commands. A formula is parsed as a Python
expression and walked node by node; nothing of it is ever executed.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from openrow.config.problems import nearest
from openrow.errors import UserError

FUNCTIONS: Mapping[str, Callable[..., int]] = {"max": max, "min": min}

REMEMBERED = 4096
"""Formulas kept parsed: a standard has some fifty, and a sweep checks them for every point."""
_LONGEST = 200
_GRAMMAR = "should hold only integers, timings, + - *, parentheses, max(...) and min(...)"
_FOREIGN = re.compile(r"\*\*|[^A-Za-z0-9_+\-*(), ]")


class FormulaError(UserError):
    """A formula that cannot be evaluated.

    Attributes
    ----------
    formula
        The formula as written.
    token
        The part of it that is wrong.
    reason
        What would be right.
    """

    def __init__(self, formula: str, token: str, reason: str):
        self.formula = formula
        self.token = token
        self.reason = reason
        super().__init__(f"{token!r} in the formula {formula!r} {reason}")


class UnknownTimingError(FormulaError):
    """A formula that names a timing nobody gave; ``token`` is its name."""

    def __init__(self, formula: str, name: str, known: Iterable[str]):
        near = nearest(name, known)
        hint = f"; the nearest is '{near}'" if near else ""
        super().__init__(formula, name, f"is no known timing{hint}")


def evaluate(formula: str | int, names: Mapping[str, int]) -> int:
    """Return the value of a formula.

    Parameters
    ----------
    formula
        Such as ``nCL + nBL``, or a plain number.
    names
        The timings it may use, in cycles.

    Returns
    -------
    int
        In cycles, as the timings are. It may be negative: a constraint that never binds.

    Raises
    ------
    FormulaError
        Where the formula does not parse, uses anything beyond the grammar, or names an unknown timing.
    """
    if isinstance(formula, int):
        return formula
    return _value(_parsed(formula), formula, names)


def timings_in(formula: str | int) -> list[str]:
    """Return the names of the timings a formula uses, in the order written, each once.

    Raises
    ------
    FormulaError
        Where the formula does not parse.
    """
    return [] if isinstance(formula, int) else list(_timings_in(formula))


@lru_cache(maxsize=REMEMBERED)
def _timings_in(formula: str) -> tuple[str, ...]:
    functions = set()
    names: dict[str, int] = {}
    for node in ast.walk(_parsed(formula)):
        if isinstance(node, ast.Call):
            functions.add(id(node.func))
        if isinstance(node, ast.Name) and id(node) not in functions:
            names[node.id] = min(node.col_offset, names.get(node.id, node.col_offset))
    return tuple(sorted(names, key=names.__getitem__))


@lru_cache(maxsize=REMEMBERED)
def _parsed(formula: str) -> ast.expr:
    if len(formula) > _LONGEST:
        raise FormulaError(f"{formula[:40]}...", "...", f"should end by character {_LONGEST}")
    text = " ".join(formula.split())
    foreign = _FOREIGN.search(text)
    if foreign is not None:
        raise FormulaError(formula, foreign[0], _GRAMMAR)
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        rest = text[(error.offset or 1) - 1 :]
        raise FormulaError(formula, rest or text, f"does not parse: it {_GRAMMAR}") from None


def _value(node: ast.expr, formula: str, names: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            if name not in names:
                raise UnknownTimingError(formula, name, names)
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, formula, names)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left, formula, names) + _value(right, formula, names)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left, formula, names) - _value(right, formula, names)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left, formula, names) * _value(right, formula, names)
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as arguments, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](_value(argument, formula, names) for argument in arguments)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name not in FUNCTIONS:
            raise FormulaError(formula, name, "is no known function; max and min are")
    raise FormulaError(formula, ast.unparse(node), _GRAMMAR)
