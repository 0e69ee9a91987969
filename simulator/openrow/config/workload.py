"""The typed models of workloads: what is run on an architecture's devices."""

from typing import Annotated, Literal

from pydantic import Field

from openrow.config.base import PositiveInt, Section

Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]


class GemvWorkload(Section):
    """A matrix times a vector, in FP16."""

    model: Literal["gemv"]
    """Says that this section is a matrix-vector product."""
    about: str = ""
    """A line for lists."""
    rows: PositiveInt
    """Rows of the matrix: elements of the result."""
    columns: PositiveInt
    """Columns of the matrix: elements of the vector."""
    seed: Seed = 0
    """Of the random numbers that are multiplied."""


class ElementwiseWorkload(Section):
    """An operation on each element of one or two vectors, in FP16."""

    model: Literal["add", "mul", "relu"]
    """Which operation."""
    about: str = ""
    """A line for lists."""
    elements: PositiveInt
    """Elements of each vector."""
    seed: Seed = 0
    """Of the random numbers that are operated on."""


class Stage(Section):
    """One stage of a pipeline: measured, or simulated from a kernel."""

    name: Annotated[str, Field(min_length=1)]
    """What the stage is called in tables; no two are called the same."""
    on: Literal["host", "pim"] = "host"
    """The device that runs it."""
    after: list[str] | None = None
    """The stages it waits for; none makes it the stage before."""
    measured_ms: Annotated[float, Field(ge=0)] | None = None
    """Time measured on the host."""
    kernel: str | None = None
    """The kernel it runs, such as ``deformable-attention:transplat-coarse``; needed where it is simulated."""
    parameters: dict[str, str | int | float | bool] = {}
    """Overrides of the kernel's parameters."""
    part_of: Literal["sampling"] | None = None
    """Whether the stage counts as geometric sampling, whose speedup is reported."""
    calls: PositiveInt = 1
    """How often the network calls it; the measured time is that of all calls."""

    @property
    def kernel_overrides(self) -> list[str]:
        """The parameters as a kernel takes them."""
        return [f"{key}={value}" for key, value in self.parameters.items()]


class PipelineWorkload(Section):
    """Stages with dependences; stages that do not wait for one another overlap where devices differ."""

    model: Literal["pipeline"]
    """Says that this section is a pipeline."""
    about: str = ""
    """A line for lists."""
    claims: Literal["geopim-v3"] | None = None
    """The report whose claims the run is held against."""
    stages: Annotated[list[Stage], Field(min_length=1)]
    """The stages, each after those it waits for."""


class Resnet18Workload(Section):
    """ResNet18 on a chip of crossbars."""

    model: Literal["resnet18"]
    """Says that this section is ResNet18."""
    about: str = ""
    """A line for lists."""
    batch: Annotated[int, Field(gt=0, le=1024)] = 1
    """Images, one after another."""
    image: Annotated[int, Field(gt=0, le=4096)] = 224
    """Height and width of an image."""
    seed: Seed = 0
    """Of the random images, and of the random weights where no parameters are given."""
    parameters: str | None = None
    """A file ``.npz`` of weights by torchvision's names; random ones if none."""
    numbers: bool = True
    """Whether what the crossbars compute is computed, and its error with it."""
    threads: Annotated[int, Field(gt=0, le=1024)] = 1
    """Threads that compute it."""


class MatmulWorkload(Section):
    """A product of two matrices of integers, X (m, k) and W (k, n)."""

    model: Literal["matmul"]
    """Says that this section is a product of matrices."""
    about: str = ""
    """A line for lists."""
    m: PositiveInt
    """Rows of X: vectors that are multiplied."""
    k: PositiveInt
    """Columns of X and rows of W: the length of each sum."""
    n: PositiveInt
    """Columns of W."""
    seed: Seed = 0
    """Of the random integers, of 8 bits."""
    numbers: bool = True
    """Whether what the device computes is computed, and its error with it."""


WorkloadConfig = Annotated[
    GemvWorkload | ElementwiseWorkload | PipelineWorkload | Resnet18Workload | MatmulWorkload,
    Field(discriminator="model"),
]
