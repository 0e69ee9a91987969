"""Which model a point was run by."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import openrow

SIMULATING = (
    "openrow.config",
    "openrow.memory",
    "openrow.engine",
    "openrow.host",
    "openrow.pim",
    "openrow.npu",
    "openrow.crossbar",
    "openrow.system",
    "openrow_kernels",
    "openrow_traces",
)
"""The packages that figures depend on."""


@cache
def model_version() -> str:
    """The version of openrow and a hash of the sources that figures depend on.

    A release has one; in a checkout each change of the model makes another, so that no point is taken for
    done that an older model has run.
    """
    digest = hashlib.sha256()
    for package in SIMULATING:
        spec = find_spec(package)
        assert spec is not None, "a package of this distribution"
        folder = Path(str(spec.origin)).parent
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{package}/{path.relative_to(folder).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return f"{openrow.__version__}+{digest.hexdigest()[:12]}"
