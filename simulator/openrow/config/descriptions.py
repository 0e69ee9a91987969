"""What the fields of a model mean, as the texts below them say.

They are read from the source when asked for: reading them whenever a model is made would cost every start of
the command line a tenth of its time.
"""

import ast
import inspect
import textwrap

from pydantic import BaseModel


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field of a model or of what it derives from, by the name of the field."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            found |= _texts_below_fields(each)
    return {name: found[name] for name in model.model_fields if name in found}


def _texts_below_fields(model: type[BaseModel]) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef), "the source of a class"
    found: dict[str, str] = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
        ):
            text = getattr(below.value, "value", None)
            if isinstance(text, str):
                found[field.target.id] = inspect.cleandoc(text)
    return found
