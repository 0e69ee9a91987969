"""Points on a cluster: workers of dask.distributed, started here, through a queueing system, or elsewhere.

Traces that the sweep has stored are read where the workers see the directory under the same path, and
generated anew where they do not; nothing else is shared.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import Any

import openrow
from openrow.config.cluster import ClusterSpec, load_cluster
from openrow.config.sweep import PointLimits
from openrow.errors import UserError
from openrow.sweep.child import children_of_process
from openrow.sweep.executor import ExecutorGoneError, WorkerLostError

ANSWER_S = 10
"""Seconds a scheduler may take to answer."""
COUNTED_EACH_S = 2.0
"""Workers come and go: they are counted so often."""
LOCAL = "LocalCluster"


class ClusterWorkers:
    """The workers of a dask client. One that is lost takes nothing with it: its point is run again.

    Parameters
    ----------
    client
        A ``distributed.Client``.
    limits
        Of each point.
    threads
        A point may compute with.
    """

    def __init__(self, client: Any, limits: PointLimits, threads: int) -> None:
        self._client = client
        self._terms = (threads, limits)
        self._submitted: set[Any] = set()
        self._workers, self._counted = 1, float("-inf")

    @property
    def workers(self) -> int:
        """Points that run at once."""
        if time.monotonic() - self._counted > COUNTED_EACH_S:
            with _scheduler_needed():
                self._workers = max(sum(self._client.nthreads().values()), 1)
            self._counted = time.monotonic()
        return self._workers

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a function on one of the workers."""
        outcome: Future[Any] = Future()
        with _scheduler_needed():
            future = self._client.submit(
                _call_of_version, openrow.__version__, *self._terms, function, arguments, pure=False
            )
        self._submitted.add(future)
        future.add_done_callback(lambda done: self._pass_on(done, outcome))
        return outcome

    def _pass_on(self, done: Any, outcome: Future[Any]) -> None:
        """Give the outcome of a dask future to ours, dask's own errors under our names."""
        from distributed import KilledWorker

        self._submitted.discard(done)
        if not outcome.set_running_or_notify_cancel():
            return
        try:
            outcome.set_result(done.result())
        except KilledWorker:
            outcome.set_exception(WorkerLostError("the workers that ran it were lost, one after another"))
        except (CancelledError, OSError) as error:
            outcome.set_exception(ExecutorGoneError(f"the cluster is gone ({error}); run the sweep again"))
        except BaseException as error:
            outcome.set_exception(error)

    def close(self) -> None:
        """Cancel what is still waiting."""
        with contextlib.suppress(OSError, CancelledError):
            self._client.cancel(list(self._submitted))


@contextmanager
def _scheduler_needed() -> Iterator[None]:
    try:
        yield
    except (OSError, TimeoutError, CancelledError) as error:
        raise ExecutorGoneError(
            f"the cluster's scheduler does not answer ({error}); run the sweep again"
        ) from error


def _call_of_version(
    version: str, threads: int, limits: PointLimits, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> Any:
    """What a worker runs. Another version's figures would differ without a sign of it."""
    if openrow.__version__ != version:
        raise ExecutorGoneError(
            f"a worker of the cluster has openrow {openrow.__version__}, and this is {version}: "
            f"install the same everywhere"
        )
    return children_of_process(threads, limits).call(function, *arguments)


@contextmanager
def cluster_workers(description: str, limits: PointLimits, threads: int) -> Iterator[ClusterWorkers]:
    """The workers of a cluster, let go at the end.

    Parameters
    ----------
    description
        The address of a scheduler (``tcp://head:8786``), or a YAML file with a section ``cluster`` (see
        :class:`~openrow.config.cluster.ClusterSpec`).
    limits
        Of each point.
    threads
        A point may compute with.

    Raises
    ------
    UserError
        Where the description is wrong, the cluster cannot be started, or its scheduler does not answer.
    """
    with contextlib.ExitStack() as stack:
        target = description if "://" in description else stack.enter_context(_started(description))
        client = stack.enter_context(_client(target, description))
        workers = ClusterWorkers(client, limits, threads)
        stack.callback(workers.close)
        yield workers


@contextmanager
def _client(target: Any, description: str) -> Iterator[Any]:
    import distributed

    connect: Any = distributed.Client
    try:
        client = connect(target, timeout=ANSWER_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UserError(f"{description}: no scheduler answers there ({error})") from error
    with client:
        yield client


@contextmanager
def _started(path: str) -> Iterator[Any]:
    spec = load_cluster(path)
    try:
        cluster = _cluster_class(spec)(**_arguments(spec))
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise UserError(f"{path}: cluster: {spec.kind} cannot be started: {error}") from error
    with cluster:
        if spec.kind != LOCAL:
            cluster.scale(spec.workers or 1)
        yield cluster


def _cluster_class(spec: ClusterSpec) -> Any:
    if spec.kind == LOCAL:
        from distributed import LocalCluster

        return LocalCluster
    import dask_jobqueue

    return getattr(dask_jobqueue, spec.kind)


def _arguments(spec: ClusterSpec) -> dict[str, Any]:
    """A local cluster has processes of one thread and a dashboard at a free port, unless told otherwise."""
    if spec.kind != LOCAL:
        return spec.arguments
    ours = {"threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
    return {**ours, "n_workers": spec.workers, **spec.arguments}
