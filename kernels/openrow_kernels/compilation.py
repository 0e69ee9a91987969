"""How openrow compiles: one decorator, one cache directory outside the package.

Numba writes its cache beside the source by default, which leaves a directory behind on uninstall that can
shadow a later install. The cache goes to the user's cache directory instead, unless NUMBA_CACHE_DIR is set.
Numba looks at a function's own file to see whether its cached code is still good, not at the files of the
functions and constants it was compiled with. So each state of the sources has a cache directory of its own,
and those that no state has used for a month are removed.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import platformdirs

COMPILED_PACKAGES = ("openrow_kernels", "openrow_traces", "openrow")
UNUSED_SECONDS = 30 * 24 * 3600


def _sources() -> Iterator[Path]:
    """The files that compiled code may come from."""
    for package in COMPILED_PACKAGES:
        spec = find_spec(package)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            for folder, _, names in os.walk(root):
                yield from (
                    Path(folder, name)
                    for name in names
                    if name.endswith("_compiled.py") or name in ("columns.py", "compilation.py")
                )


def _cache_directory() -> Path:
    """The cache directory of the present state of the sources; removes those long unused."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        stat = path.stat()
        digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    root = platformdirs.user_cache_path("openrow") / "compiled"
    own = root / digest.hexdigest()[:16]
    own.mkdir(parents=True, exist_ok=True)
    os.utime(own)
    for other in root.iterdir():
        if other.stat().st_mtime < time.time() - UNUSED_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
    return own


if "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = str(_cache_directory())

import numba  # noqa: E402  (the cache directory has to be set before Numba is imported)
from numba.extending import intrinsic  # noqa: E402

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile ``function`` on first use: cached, without the GIL, IEEE arithmetic as written."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """Compile ``function`` as :func:`compiled` does, and always into its callers.

    For the small functions of a hot loop: the compiler's own judgement leaves them as calls, which spill
    registers.
    """
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)(function))


def read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a read-only, C-contiguous view of ``array``.

    Numba compiles one version for writable and one for read-only arrays. Passing every input as read-only
    keeps it at one, whether the data comes from a computation, a memory map or an Arrow buffer.
    """
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


class Cells(Protocol):
    """Consecutive integers in memory behind a :func:`pointer`, as compiled code sees them."""

    def __getitem__(self, place: int, /) -> int:
        """Return the integer at ``place``."""
        ...

    def __setitem__(self, place: int, value: int, /) -> None:
        """Store an integer at ``place``."""
        ...


def _address_of_data(_typing_context: Any, array: Any) -> Any:
    """Type and generate :func:`pointer` for the compiler."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    signature: Any = numba.types.CPointer(array.dtype)  # type: ignore[no-untyped-call]
    return signature(array), generate


pointer = cast(Callable[[np.ndarray[Any, Any]], Cells], intrinsic(_address_of_data))
"""The address of the first element of an array, for compiled code only.

An element of a pointer is read and written like one of an array, ``p[i]``, without bounds or negative
indices. A pointer is one register and has no reference count, where an array costs several and is counted at
each call between compiled functions. Whoever takes one keeps the array alive.
"""
