"""A process of a worker that runs points one after another, and can be ended where one takes too long.

A worker of a cluster cannot be stopped in the middle of compiled code without being lost, and what limits its
memory would limit its talk with the scheduler too. So it keeps a child, and the child computes. This module
is also what the child runs: ``python -m openrow.sweep.child DESCRIPTOR``.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection, Pipe
from typing import Any

from openrow.config.sweep import PointLimits
from openrow.memory.threads import VARIABLE
from openrow.sweep.evaluating import load
from openrow.sweep.executor import MemoryLimitError, TimeLimitError, WorkerLostError

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
        self._limits = limits
        self._pipe, far = Pipe()
        command = [sys.executable, "-m", "openrow.sweep.child", str(far.fileno())]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, pass_fds=[far.fileno()], env=environment
        )
        far.close()
        self._pipe.send((threads, limits))
        self._is_ready = False

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function there, and return what it returns or raise what it raises.

        Raises
        ------
        TimeLimitError, MemoryLimitError, WorkerLostError
            Where it took too much, or the process died; it can be asked nothing more then.
        """
        try:
            if not self._is_ready:
                self._is_ready = self._pipe.recv()
            self._pipe.send((function, arguments))
            if not self._pipe.poll(self._limits.time_s):
                raise TimeLimitError("it took longer than limits.time_s")
            is_error, outcome = self._pipe.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            self.end()
            raise WorkerLostError(f"the worker ended with exit code {self._process.wait()}") from None
        if not is_error:
            return outcome
        if isinstance(outcome, MemoryError) and self._limits.memory_bytes is not None:
            raise MemoryLimitError(f"it needed more memory than limits.memory_bytes ({outcome})")
        raise outcome

    def end(self) -> None:
        """End the process; whoever waits for it is told that it is lost."""
        self._process.kill()

    def close(self) -> None:
        """End the process and let go of it; only for whom no other thread asks for anything."""
        self.end()
        self._process.wait()
        self._pipe.close()


class Children:
    """A child for each thread that has something to run.

    Parameters
    ----------
    threads
        Each may compute with.
    limits
        Of each call.
    """

    def __init__(self, threads: int, limits: PointLimits) -> None:
        self._terms = (threads, limits)
        self._own = threading.local()
        self._all: set[Child] = set()
        self._changing = threading.Lock()
        self._is_open = True

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the calling thread's child, which is started where there is none.

        Raises
        ------
        TimeLimitError, MemoryLimitError, WorkerLostError
            Where it took too much, or its process died.
        """
        child = self._child()
        try:
            return child.call(function, *arguments)
        except (TimeLimitError, MemoryLimitError, WorkerLostError):
            with self._changing:
                self._all.discard(child)
            child.close()
            raise

    def _child(self) -> Child:
        child: Child | None = getattr(self._own, "child", None)
        with self._changing:
            if not self._is_open:
                raise WorkerLostError("the sweep has ended")
            if child is None or child not in self._all:
                child = self._own.child = Child(*self._terms)
                self._all.add(child)
        return child

    def end(self) -> None:
        """End them all, whatever they are doing, and start no more."""
        with self._changing:
            self._is_open = False
            for child in self._all:
                child.end()

    def close(self) -> None:
        """Let go of them, once they are ended and no thread asks for anything."""
        for child in self._all:
            child.close()
        self._all.clear()


@cache
def children_of_process(threads: int, limits: PointLimits) -> Children:
    """The children of this process that run under some limits."""
    return Children(threads, limits)


def serve(pipe: Connection) -> None:
    """Run what comes through the pipe until its other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with contextlib.suppress(EOFError, ConnectionError):
        _prepare(*pipe.recv())
        pipe.send(True)
        while True:
            function, arguments = pipe.recv()
            pipe.send(_outcome(function, arguments))


def _prepare(threads: int, limits: PointLimits) -> None:
    """Settle what this process may use, and import what would else count as the first point's time."""
    os.environ[VARIABLE] = str(threads)
    if limits.time_s is not None:
        load()
    if limits.memory_bytes is not None:
        import resource

        with contextlib.suppress(ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))


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
