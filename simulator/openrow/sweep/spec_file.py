"""The specification that is kept in a sweep's directory, and which others may go on with it."""

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from openrow.config.sweep import SweepSpec
from openrow.errors import UserError

SPEC = "sweep.json"
MAY_CHANGE = ("about", "derived", "limits")
"""Parts that do not say which points there are, nor what they come to."""


def read_spec(folder: Path) -> SweepSpec:
    """The specification kept in a directory.

    Raises
    ------
    UserError
        Where there is none, or it is damaged.
    """
    path = folder / SPEC
    try:
        return SweepSpec.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{folder}: is no directory of a sweep: there is no {SPEC} in it") from None
    except ValidationError as error:
        raise UserError(f"{path}: is damaged, or of another version of openrow: {error}") from error


def keep_spec(folder: Path, spec: SweepSpec) -> None:
    """Keep the specification, whole or not at all.

    Raises
    ------
    UserError
        Where the directory holds another sweep.
    """
    path = folder / SPEC
    if path.exists():
        there = read_spec(folder)
        if _same(there) != _same(spec) or _budget(there) > _budget(spec):
            raise UserError(
                f"{folder}: holds another sweep (see {path}); use another directory, or run that one again"
            )
    partial = path.with_name(f".{SPEC}.{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps(spec.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _same(spec: SweepSpec) -> dict[str, Any]:
    """What must be as it was. A greater budget leaves what was drawn or asked for before as it is."""
    tree = spec.model_dump(mode="json", exclude=set(MAY_CHANGE))
    if spec.method.model in ("random", "search"):
        del tree["method"]["points"]
    return tree


def _budget(spec: SweepSpec) -> int:
    return spec.method.points if spec.method.model in ("random", "search") else 0
