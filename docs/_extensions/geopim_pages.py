"""Tables and pictures of the page on GeoPIM, from one run and one curve, simulated when it is built."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from openrow_tables import code, markdown, table_directive
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SYSTEM, WORKLOAD = "system/geopim", "transplat-encoder"
PICTURES = "auto_pictures"
"""The folder beside the pages that pictures are written to."""

Tree = Mapping[str, Any]


@cache
def run_tree() -> Tree:
    """The result of ``openrow run transplat-encoder --arch system/geopim``."""
    from openrow.config.loading import load_run
    from openrow.system.workloads import run

    return run(load_run(SYSTEM, WORKLOAD)).as_dict()


@cache
def curve() -> Tree:
    """What ``openrow plot hit-rate`` draws."""
    from openrow.system.hit_rate_variants import run_curve

    return run_curve(SYSTEM, WORKLOAD).as_dict()


def claim_rows(tree: Tree) -> list[str]:
    """Every claim of the report with its verdict."""
    rows = [(claim["id"], claim["claim"], claim["verdict"], claim["finding"]) for claim in tree["claims"]]
    return markdown(("", "the report claims", "verdict", "found"), rows)


def point_rows(tree: Tree) -> list[str]:
    """Every simulated point of a curve, with its sampling speedup against every host."""
    from openrow.report.hit_rate_plot import cause_text

    heads = ["variant", "row hits, %", "units, ms", "limited by"]
    heads += [f"sampling, {host['name']}" for host in tree["hosts"]]
    rows = []
    for point in tree["points"]:
        speedups = (f"{each['sampling']:.2f}x" for each in point["speedups"])
        rate, units_ms = f"{100 * point['row_hit_rate']:.1f}", f"{point['units_ms']:.2f}"
        rows.append((point["label"], rate, units_ms, cause_text(point), *speedups))
    return markdown(tuple(heads), rows, right=(1, 2, *range(4, len(heads))))


def host_rows(tree: Tree) -> list[str]:
    """What the simulated host does with each stage that the units take over."""
    rows = []
    for stage in tree["stages"]:
        host = stage.get("host_simulated")
        if host is None:
            continue
        bounds = (f"{host['bounds_ns'][name] / 1e6:.3f}" for name in ("compute", "l1", "l2", "dram"))
        hits = (f"{100 * host['caches'][level]['hit_rate']:.1f}" for level in ("l1", "l2"))
        dram = f"{host['dram']['bytes'] / 1e6:.1f}"
        rows.append((stage["name"], f"{stage['host_ms']:.3f}", *bounds, *hits, dram))
    heads = (
        "stage",
        "measured, ms",
        "arithmetic, ms",
        "L1, ms",
        "L2, ms",
        "DRAM, ms",
        "L1 hits, %",
        "L2 hits, %",
    )
    return markdown((*heads, "from DRAM, MB"), rows, right=tuple(range(1, 9)))


def layer_rows(tree: Tree) -> list[str]:
    """What the units spend their time on, layer by layer."""
    from openrow.report.causes import UNIT_CAUSES

    layers = [(stage["name"], layer) for stage in tree["stages"] for layer in stage.get("layers", ())]
    names = [
        name
        for name in UNIT_CAUSES
        if any(layer["unit_time_shares"].get(name, 0) >= 5e-4 for _, layer in layers)
    ]
    rows = []
    for stage, layer in layers:
        times = (layer["units_ms"], max(layer["link_down_ms"], layer["link_up_ms"]))
        shares = (f"{100 * layer['unit_time_shares'].get(name, 0):.1f}" for name in names)
        limit = UNIT_CAUSES[layer["limited_by"]]
        rows.append((f"{stage}, {layer['name']}", *(f"{time_ms:.3f}" for time_ms in times), limit, *shares))
    heads = ("layer", "units, ms", "link, ms", "limited by", *(f"{UNIT_CAUSES[name]}, %" for name in names))
    return markdown(heads, rows, right=(1, 2, *range(4, len(heads))))


def shipped_hosts(_argument: str) -> list[str]:
    """The shipped hosts."""
    from openrow.config.loading import load_architecture
    from openrow.config.organisation import peak_bandwidth_gb_per_s
    from openrow.config.shipped import known_architectures

    rows = []
    for name in known_architectures():
        if not name.startswith("host/"):
            continue
        architecture = load_architecture(name)
        host, memory = architecture.host, architecture.memory
        assert host is not None
        l1 = f"{host.l1.instances} x {host.l1.size_bytes / 1024:g}" if host.l1 is not None else ""
        peaks = (host.compute.vector_gflop_per_s / 1e3, peak_bandwidth_gb_per_s(memory))
        figures = (f"{peak:,.4g}" for peak in peaks)
        power = f"{host.power_w:g}" if host.power_w is not None else ""
        rows.append(
            (code(name), host.name, memory.standard, *figures, l1, f"{host.l2.size_bytes / 2**20:g}", power)
        )
    heads = ("name", "host", "memory", "TFLOP/s, FP32", "memory, GB/s", "L1, KiB", "L2, MiB", "board, W")
    return markdown(heads, rows, right=(3, 4, 5, 6, 7))


TABLES: dict[str, Callable[[str], list[str]]] = {
    "claim-table": lambda _argument: claim_rows(run_tree()),
    "point-table": lambda _argument: point_rows(curve()),
    "host-bound-table": lambda _argument: host_rows(run_tree()),
    "layer-table": lambda _argument: layer_rows(run_tree()),
    "host-table": shipped_hosts,
}


def draw(kind: str) -> Any:
    """The picture that ``openrow plot KIND`` draws."""
    from openrow.report import run_plots
    from openrow.report.hit_rate_plot import plot_hit_rate

    if kind == "hit-rate":
        return plot_hit_rate(curve())
    return {
        "units": run_plots.plot_units,
        "energy": run_plots.plot_energy,
        "stages": run_plots.plot_stages,
    }[kind](run_tree())


class PictureDirective(SphinxDirective):
    """A picture by its kind, with a line that says what it shows to those who cannot see it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Draw the picture beside the pages and show it."""
        kind = self.arguments[0]
        path = Path(self.env.app.srcdir) / PICTURES / f"geopim-{kind}.svg"
        path.parent.mkdir(exist_ok=True)
        draw(kind).savefig(path)
        image = nodes.image(uri=f"{PICTURES}/{path.name}", alt=" ".join(self.content), width="100%")
        return [image]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the tables and the picture."""
    for name, make in TABLES.items():
        app.add_directive(name, table_directive(name, make))
    app.add_directive("geopim-picture", PictureDirective)
    return {"parallel_read_safe": True}
