"""The typed model of a cluster: which of dask's classes starts it, with what, and how many workers."""

from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from openrow.config.base import PositiveInt, Section
from openrow.config.composing import compose
from openrow.config.model_problems import model_problems
from openrow.config.problems import ConfigurationError, in_order


class ClusterSpec(Section):
    """A cluster of dask workers, each of which runs one point at a time."""

    kind: Literal[
        "LocalCluster",
        "HTCondorCluster",
        "LSFCluster",
        "MoabCluster",
        "OARCluster",
        "PBSCluster",
        "SGECluster",
        "SLURMCluster",
    ]
    """The class that starts it: distributed's LocalCluster, or one of dask-jobqueue's."""
    arguments: dict[str, Any] = {}
    """Keyword arguments of that class, as its documentation has them (``queue``, ``cores``, ``memory``)."""
    workers: PositiveInt | None = None
    """Workers to ask for; as many as cores where absent and the cluster is local, else one."""


class ClusterFile(Section):
    """A file with a cluster."""

    cluster: ClusterSpec
    """The cluster."""


def load_cluster(path: str | Path) -> ClusterSpec:
    """Load the description of a cluster.

    Parameters
    ----------
    path
        A YAML file with a section ``cluster``.

    Raises
    ------
    ConfigurationError
        With every problem.
    """
    composition = compose(path)
    problems = list(composition.problems)
    loaded: ClusterFile | None = None
    if composition.root is not None:
        try:
            loaded = ClusterFile.model_validate(composition.root.plain())
        except ValidationError as error:
            problems += model_problems(error, composition, ClusterFile)
    if problems or loaded is None:
        raise ConfigurationError(in_order(problems))
    return loaded.cluster
