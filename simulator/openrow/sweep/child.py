"""A process of a worker that runs points one after another, and can be ended where one takes too long.

A worker of a cluster cannot be stopped in the middle of compiled code without being lost, and what limits its
memory would limit its talk with the scheduler too. So it keeps a child, and the child computes. This module
is also what the child runs: ``python -m openrow.sweep.child DESCRIPTOR``.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any

from openrow.config.sweep import PointLimits
from openrow.sweep.executors import TimeLimitError, WorkerLostError, prepare_worker

ORPHAN_CHECK_S = 1.0


class Child:
    """A process that runs functions, one at a time.

    Parameters
    ----------
    threads
        It may compute with.
    limits
        Of each call.
    """

    def __init__(self, threads: int, limits: PointLimits) -> None:
        self.terms = (threads, limits)
        self._time_s = limits.time_s
        self._pipe, far = Pipe()
        command = [sys.executable, "-m", "openrow.sweep.child", str(far.fileno())]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, pass_fds=[far.fileno()], env=environment
        )
        far.close()
        self._pipe.send((threads, limits.memory_bytes))

    @property
    def is_alive(self) -> bool:
        """Whether it can be given something to do."""
        return self._process.poll() is None

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function there, and return what it returns or raise what it raises.

        Raises
        ------
        TimeLimitError, WorkerLostError
            Where it took too long, or the process died.
        """
        try:
            self._pipe.send((function, arguments))
            if not self._pipe.poll(self._time_s):
                self.close()
                raise TimeLimitError("it took longer than limits.time_s")
            is_error, outcome = self._pipe.recv()
        except (EOFError, ConnectionError):
            self.close()
            raise WorkerLostError(f"the worker ended with exit code {self._process.returncode}") from None
        if is_error:
            raise outcome
        return outcome

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()


_OWN = threading.local()


def call_in_child(
    threads: int, limits: PointLimits, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> Any:
    """Run a function in the calling thread's child, which is started where there is none."""
    child: Child | None = getattr(_OWN, "child", None)
    if child is None or not child.is_alive or child.terms != (threads, limits):
        if child is not None:
            child.close()
        child = _OWN.child = Child(threads, limits)
    return child.call(function, *arguments)


def serve(pipe: Connection) -> None:
    """Run what comes through the pipe until its other end is closed."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with contextlib.suppress(EOFError, ConnectionError):
        prepare_worker(*pipe.recv())
        while True:
            function, arguments = pipe.recv()
            pipe.send(_outcome(function, arguments))


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK_S)
    os._exit(1)


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    """Whether it failed, and with or to what it came. Whatever is raised belongs to the caller."""
    try:
        return False, function(*arguments)
    except BaseException as error:
        return True, _portable(error)


def _portable(error: BaseException) -> BaseException:
    """The error itself, or what it says where it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except (pickle.PicklingError, TypeError, AttributeError):
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
