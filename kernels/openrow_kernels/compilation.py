"""How openrow compiles: one decorator, one cache directory outside the package.

Numba writes its cache beside the source by default, which leaves a directory behind on uninstall that can
shadow a later install. The cache goes to the user's cache directory instead, unless NUMBA_CACHE_DIR is set.
"""

import os
from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
import platformdirs

os.environ.setdefault("NUMBA_CACHE_DIR", str(platformdirs.user_cache_path("openrow") / "numba"))

import numba  # noqa: E402  (the cache directory has to be set before Numba is imported)
from numba.extending import intrinsic  # noqa: E402

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile ``function`` on first use: cached, without the GIL, IEEE arithmetic as written."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def read_only(array: np.ndarray) -> np.ndarray:
    """Return a read-only, C-contiguous view of ``array``.

    Numba compiles one version for writable and one for read-only arrays. Passing every input as read-only keeps
    it at one, whether the data comes from a computation, a memory map or an Arrow buffer.
    """
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@intrinsic
def pointer(typing_context, array):  # type: ignore[no-untyped-def]
    """Return the address of the first element of an array, for compiled code only.

    An element of a pointer is read and written like one of an array, ``p[i]``, without bounds or negative indices. A
    pointer is one register and has no reference count, where an array costs several and is counted at each call
    between compiled functions. Whoever takes one keeps the array alive.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return numba.types.CPointer(array.dtype)(array), generate
