"""Where a sweep was run: versions and machine, kept in its directory."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from openrow.errors import UserError
from openrow.sweep.model_version import model_version
from openrow.system.result import versions
from openrow_traces.atomic import whole_file

NAME = "environment.json"


def environment() -> dict[str, str]:
    """The versions that results depend on, and this machine."""
    return {
        **versions(),
        "model": model_version(),
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
    }


def keep_environment(folder: Path) -> None:
    """Add this environment to those in which the sweep of ``folder`` was run, unless it is there."""
    there, here = read_environments(folder), environment()
    if here not in there:
        with whole_file(folder / NAME) as file:
            file.write((json.dumps([*there, here], indent=2) + "\n").encode())


def read_environments(folder: Path) -> list[dict[str, str]]:
    """The environments in which the sweep of ``folder`` was run, the first one first; none if none is kept.

    Raises
    ------
    UserError
        Where the file is damaged.
    """
    path = folder / NAME
    if not path.is_file():
        return []
    try:
        return [
            {str(name): str(value) for name, value in each.items()} for each in json.loads(path.read_bytes())
        ]
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(f"{path}: is damaged ({error}); put it away and run the sweep again") from error


def merged(environments: Sequence[dict[str, str]]) -> dict[str, str]:
    """Environments as one: what differs is listed, one after the other."""
    names = dict.fromkeys(name for each in environments for name in each)
    values = {name: dict.fromkeys(each[name] for each in environments if name in each) for name in names}
    return {name: ", ".join(different) for name, different in values.items()}


def _processor() -> str:
    """The processor's name, as far as the system tells."""
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
