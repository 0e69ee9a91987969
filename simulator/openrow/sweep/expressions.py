"""Expressions over the figures of a point: conditions, derived figures, filters."""

import ast
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from openrow.errors import UserError

FUNCTIONS = {"min": min, "max": max, "abs": abs, "sqrt": math.sqrt, "log2": math.log2, "round": round}
CONSTANTS = {"True", "False", "None"}
SHOWN_NAMES = 40


def variable(name: str) -> str:
    """A column or key as a variable: ``_`` for all that no name has."""
    return re.sub(r"\W", "_", name)


def variables(keys: Iterable[str]) -> dict[str, str]:
    """The keys by the names that expressions may use: in full with ``_`` for ``.``, and by the last word
    where no other key ends with it."""
    listed = list(keys)
    last: dict[str, list[str]] = {}
    for key in listed:
        last.setdefault(key.rsplit(".", 1)[-1], []).append(key)
    alone = {variable(word): found[0] for word, found in last.items() if len(found) == 1}
    return alone | {variable(key): key for key in listed}


class Expression:
    """An expression, parsed once.

    Parameters
    ----------
    text
        Such as ``channels * read_queue <= 128``.
    where
        Where it is written, for messages.

    Raises
    ------
    UserError
        Where it cannot be read.
    """

    def __init__(self, text: str, where: str) -> None:
        from simpleeval import EvalWithCompoundTypes

        self._text, self._where = text, where
        self._evaluator: Any = EvalWithCompoundTypes(functions=FUNCTIONS)
        try:
            self._tree = self._evaluator.parse(text)
        except (SyntaxError, ValueError, TypeError) as error:
            raise UserError(f"{where}: '{text}' cannot be read: {error}") from error
        except self._refusals() as error:
            raise UserError(f"{where}: '{text}' cannot be read: {error}") from error
        used = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}
        self.names = frozenset(used - FUNCTIONS.keys() - CONSTANTS)

    @staticmethod
    def _refusals() -> type[Exception]:
        from simpleeval import InvalidExpression

        refusal: type[Exception] = InvalidExpression
        return refusal

    def check(self, known: Iterable[str]) -> None:
        """Check its names.

        Raises
        ------
        UserError
            With the nearest known name.
        """
        from openrow.config.problems import nearest

        listed = sorted(known)
        for name in sorted(self.names - set(listed)):
            near = nearest(name, listed)
            more = ", ..." if len(listed) > SHOWN_NAMES else ""
            hint = (
                f"the nearest is '{near}'" if near else f"there are {', '.join(listed[:SHOWN_NAMES])}{more}"
            )
            raise UserError(f"{self._where}: '{self._text}': there is no '{name}'; {hint}")

    def value(self, names: Mapping[str, Any]) -> Any:
        """Its value.

        Raises
        ------
        UserError
            Where it cannot be computed, or uses an unknown name.
        """
        if not self.names <= names.keys():
            self.check(names)
        self._evaluator.names = names
        try:
            return self._evaluator.eval(self._text, self._tree)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise UserError(f"{self._where}: '{self._text}' cannot be computed: {error}") from error
        except self._refusals() as error:
            raise UserError(f"{self._where}: '{self._text}' cannot be computed: {error}") from error
