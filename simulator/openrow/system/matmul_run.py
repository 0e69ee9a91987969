"""One product of integer matrices on every device of an architecture, so that devices can be compared.

X (m, k) and W (k, n) are those of the kernel ``bit-sliced-gemm``, integers of 8 bits. A chip of crossbars
holds W and takes the rows of X. A host takes the address stream of the kernel through its caches to the
memory. HBM-PIM multiplies the rows of X one after another by W, in FP16; beside it the kernel's address
stream goes through the same memory to its pins. An NPU takes the kernel's address stream tile by tile into
its scratchpads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.config.dumping import configuration_hash, dump
from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.npu import ProductTile
from openrow.config.timings import cycle_ns
from openrow.config.workload import MatmulWorkload
from openrow.crossbar.layer_numbers import LayerError, relative_error
from openrow.crossbar.network_shape import LayerShape, matrix_shape
from openrow.errors import UserError
from openrow.host.device import simulate_kernel
from openrow.memory.energy import energy_pj
from openrow.npu.product import simulate_product
from openrow.system.crossbar_run import numbers_of, run_layers
from openrow.system.replay import replay
from openrow.system.result import versions
from openrow.system.traffic import kernel_traffic
from openrow.system.workloads import Progress
from openrow_kernels.bit_sliced_gemm import BitSlicedGemm
from openrow_kernels.catalogue import kernel
from openrow_traces.chunk import as_trace_chunk

KERNEL = "bit-sliced-gemm"
HALF_SCALE = 1 / 128
"""What 8-bit integers are multiplied by for FP16, exactly."""


@dataclass(frozen=True)
class DeviceProduct:
    """The product on one device."""

    device: str
    time_ns: float
    energy_pj: Mapping[str, float]
    """By part, and in total."""
    limited_by: str
    error: float | None
    """Relative: the norm of the difference over the norm of the product. None where nothing is computed."""
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self, macs: int) -> dict[str, Any]:
        """The product as plain data, ready for JSON."""
        return {
            "device": self.device,
            "time_ns": self.time_ns,
            "energy_pj": dict(self.energy_pj),
            "energy_pj_per_mac": self.energy_pj["total"] / macs,
            "gmac_per_s": macs / self.time_ns,
            "limited_by": self.limited_by,
            "error": self.error,
            **self.details,
        }


@dataclass(frozen=True)
class MatmulResult:
    """The product on all devices of an architecture."""

    architecture: Architecture
    workload: MatmulWorkload
    products: tuple[DeviceProduct, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures has to know."""
        return tuple(note for product in self.products for note in product.notes)

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, ready for JSON."""
        work = self.workload
        macs = work.m * work.k * work.n
        return {
            "workload": "matmul",
            "m": work.m,
            "k": work.k,
            "n": work.n,
            "macs": macs,
            "products": [product.as_dict(macs) for product in self.products],
            "notes": list(self.notes),
            "versions": versions(),
            "configuration_hash": configuration_hash(self.architecture),
            "configuration": dump(self.architecture),
        }


def run(architecture: Architecture, progress: Progress) -> MatmulResult:
    """Multiply on each of the architecture's devices that can.

    Raises
    ------
    UserError
        Where there is none, or the matrices do not fit it.
    """
    workload = architecture.workload
    assert isinstance(workload, MatmulWorkload), "the registry sends no other"
    found = []
    for number, (section, multiply) in enumerate(DEVICES.items()):
        if getattr(architecture, section) is not None:
            progress(section, number / len(DEVICES))
            found.append(multiply(architecture, workload))
    if not found:
        raise UserError(
            "matmul runs on crossbars, HBM-PIM, an NPU or a host, such as those of crossbar/isaac, "
            "pim/hbm-pim, npu/systolic-128 and host/hbm-gpu; the architecture has none"
        )
    return MatmulResult(architecture, workload, tuple(found))


def _parameters(workload: MatmulWorkload) -> list[str]:
    sizes = {"m": workload.m, "k": workload.k, "n": workload.n, "seed": workload.seed}
    return [f"{name}={value}" for name, value in sizes.items()]


def _kernel(workload: MatmulWorkload, tile: ProductTile | None = None) -> BitSlicedGemm:
    sizes = {} if tile is None else {"tile_m": tile.m, "tile_k": tile.k, "tile_n": tile.n}
    made = kernel(KERNEL, [*_parameters(workload), *(f"{name}={size}" for name, size in sizes.items())])
    assert isinstance(made, BitSlicedGemm), "that is what it is called"
    return made


def _on_crossbars(architecture: Architecture, workload: MatmulWorkload) -> DeviceProduct:
    layers = matrix_shape(workload.m, workload.k, workload.n)

    def compute(tell: Callable[[str], None]) -> tuple[Mapping[str, LayerError], tuple[str, ...]]:
        x, w = _kernel(workload).integers()
        images = x.T[np.newaxis, :, :, np.newaxis].astype(np.float32)

        def weights(_layer: LayerShape) -> tuple[NDArray[np.float64], None]:
            return w.T[:, :, np.newaxis, np.newaxis].astype(np.float64), None

        return numbers_of(architecture, layers, weights, images, 1, tell)

    result = run_layers(
        architecture, layers, 1, compute if workload.numbers else None, lambda _what, _share: None
    )
    tree = result.as_dict()
    kept = ("area_um2", "arrays", "tiles", "cell_utilisation", "programming", "dram", "layers")
    _, part, _ = result.bottleneck
    return DeviceProduct(
        result.hardware.name,
        result.time_ns,
        result.energy_pj,
        part,
        tree["error"],
        {name: tree[name] for name in kept},
        result.notes,
    )


def _on_host(architecture: Architecture, workload: MatmulWorkload) -> DeviceProduct:
    """The kernel's address stream through caches and memory, and the product's arithmetic.

    A host multiplies the integers as they are; their slices are only how they lie in memory.
    """
    made = _kernel(workload)
    chunks = (as_trace_chunk(chunk) for chunk in made.stream())
    host = simulate_kernel(architecture, chunks, 2.0 * workload.m * workload.k * workload.n)
    error = _error_of_kernel(made) if workload.numbers else None
    return DeviceProduct(
        host.host.name, host.time_ns, host.energy_pj, host.limit, error, {"host": host.as_dict()}
    )


def _error_of_kernel(made: BitSlicedGemm) -> float:
    x, w = made.integers()
    computed = made.compute(made.inputs())["c"]
    return relative_error(computed.astype(np.float64), (x @ w).astype(np.float64))


def _on_npu(architecture: Architecture, workload: MatmulWorkload) -> DeviceProduct:
    """The kernel tile by tile through the scratchpads of a systolic array.

    It multiplies the integers as they are; their slices are only how they lie in memory.
    """
    npu = architecture.npu
    assert npu is not None, "the section is there"
    made = _kernel(workload, npu.tile)
    product = simulate_product(architecture, made.each_step())
    details = {
        "array_share": product.array_share,
        "array_ns": product.array_ns,
        "waited_ns": product.waited_ns,
        "scratchpad_bytes": product.scratchpad_bytes,
        "dram_bytes": product.dram.total.bursts * product.dram.burst_bytes,
        "row_hit_rate": product.dram.total.rows.hit_rate,
    }
    error = _error_of_kernel(made) if workload.numbers else None
    return DeviceProduct(npu.name, product.time_ns, product.energy_pj, product.limit, error, details)


def _on_units(architecture: Architecture, workload: MatmulWorkload) -> DeviceProduct:
    """Every row of X times W by HBM-PIM, one after another.

    All take as long as the first, which is simulated, and whose error is given.
    """
    from openrow.pim.hbm_pim.device import check_fit, run_kernel

    pim, memory = architecture.pim, architecture.memory
    if not isinstance(pim, HbmPimConfig):
        assert pim is not None, "the section is there"
        raise UserError(f"matmul runs on units of model hbm-pim; {pim.model} units do not multiply matrices")
    check_fit(memory, pim, "gemv", (workload.n, workload.k))
    x, w = _kernel(workload).integers()
    matrix, vector = (_halves(w.T), _halves(x[0]))
    units = run_kernel(memory, pim, "gemv", (matrix, vector))
    right = matrix.astype(np.float64) @ vector.astype(np.float64)
    assert units.output is not None, "units compute"
    period_ns = float(cycle_ns(memory.clock))
    return DeviceProduct(
        "HBM-PIM",
        workload.m * units.cycles * period_ns,
        {part: workload.m * energy for part, energy in units.energy_pj.items()},
        max(units.account, key=lambda cause: units.account[cause]),
        relative_error(units.output.astype(np.float64), right) if workload.numbers else None,
        {"to_pins": _to_pins(architecture, workload)},
        units.notes,
    )


def _halves(integers: NDArray[np.int64]) -> NDArray[np.float16]:
    return np.ascontiguousarray(integers * HALF_SCALE, dtype=np.float16)


def _to_pins(architecture: Architecture, workload: MatmulWorkload) -> dict[str, Any]:
    """The kernel's address stream through the memory to its pins, arithmetic for nothing."""
    plain = Architecture(memory=architecture.memory)
    statistics = replay(plain, kernel_traffic(KERNEL, _parameters(workload))).statistics
    return {
        "time_ns": statistics.time_ns,
        "bytes": statistics.total.bursts * statistics.burst_bytes,
        "row_hit_rate": statistics.total.rows.hit_rate,
        "energy_pj": dict(energy_pj(statistics)),
    }


DEVICES: Mapping[str, Callable[[Architecture, MatmulWorkload], DeviceProduct]] = {
    "crossbar": _on_crossbars,
    "pim": _on_units,
    "npu": _on_npu,
    "host": _on_host,
}
"""Who multiplies, by the section of the architecture that describes it."""
