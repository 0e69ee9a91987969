"""Results that were written as JSON, read again."""

import json
from pathlib import Path
from typing import Any

from openrow.errors import UserError


class ResultFileError(UserError):
    """A file that does not hold the result that is asked for."""


def read_json(path: Path, written_by: str) -> dict[str, Any]:
    """Read a file of JSON.

    Raises
    ------
    ResultFileError
        For a file that is missing or holds something else, naming the command that writes a right one.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ResultFileError(f"{path}: holds no result of '{written_by}' ({error})") from error
    if not isinstance(tree, dict):
        raise ResultFileError(f"{path}: holds no result of '{written_by}': it is no mapping")
    return tree


def read_result(path: Path, written_by: str, key: str) -> dict[str, Any]:
    """Read a result.

    Raises
    ------
    ResultFileError
        As :func:`read_json`, and where ``key`` is not in it.
    """
    tree = read_json(path, written_by)
    if key not in tree:
        what = (
            f"is of the workload {tree['workload']}"
            if "workload" in tree
            else f"holds no result of '{written_by}'"
        )
        raise ResultFileError(
            f"{path}: {what}: there is no {key} in it; 'openrow plot --help' says what draws which results"
        )
    return tree
