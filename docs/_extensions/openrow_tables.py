"""Directives for tables that openrow itself knows, made when the pages are built."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

Row = tuple[str, ...]


def markdown(heads: Row, rows: Iterator[Row] | list[Row], right: tuple[int, ...] = ()) -> list[str]:
    """A pipe table; columns in ``right`` are aligned to the right."""
    rules = ["---:" if column in right else "---" for column in range(len(heads))]
    lines = [heads, rules, *rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]


def code(text: object) -> str:
    """``text`` in the type of code, or nothing."""
    return f"`{text}`" if str(text) else ""


def architectures(_argument: str) -> list[str]:
    """The shipped memories and what they come to."""
    from openrow.config.loading import load_architecture
    from openrow.config.organisation import banks_total, burst_bytes, peak_bandwidth_gb_per_s, row_bytes
    from openrow.config.shipped import known_architectures
    from openrow.config.timings import cycle_ns

    rows = []
    for name in known_architectures():
        memory = load_architecture(name).memory
        buses = f"{memory.channels} x {memory.pseudo_channels}"
        rows.append(
            (
                code(name),
                buses,
                str(banks_total(memory)),
                str(row_bytes(memory)),
                str(burst_bytes(memory)),
                f"{float(cycle_ns(memory.clock)):.4g}",
                f"{peak_bandwidth_gb_per_s(memory):g}",
                memory.command_bus,
                code(memory.mapping),
            )
        )
    heads = ("name", "channels x pseudo channels", "banks", "row, B", "burst, B", "cycle, ns", "peak, GB/s")
    return markdown((*heads, "command bus", "mapping"), rows, right=(2, 3, 4, 5, 6))


def constraints(name: str) -> list[str]:
    """The constraint table of one memory, with every latency in cycles and in nanoseconds."""
    from openrow.config.latency_formula import evaluate
    from openrow.config.loading import load_architecture
    from openrow.config.timings import cycle_ns, resolved_timings

    memory = load_architecture(name).memory
    timings, period = resolved_timings(memory), cycle_ns(memory.clock)
    rows = []
    for row in memory.constraints:
        cycles = evaluate(row.latency, timings)
        level = row.level.value.replace("_", " ")
        place = f"other {level}s" if row.sibling else level
        window = f"{row.latency}, over {row.window}" if row.window > 1 else str(row.latency)
        after, before = (", ".join(c.value for c in side) for side in (row.preceding, row.following))
        cause = row.cause.value.replace("_", " ")
        rows.append((place, after, before, code(window), str(cycles), f"{float(cycles * period):.1f}", cause))
    heads = ("level", "after", "before", "at least", "cycles", "ns", "counts as")
    return markdown(heads, rows, right=(4, 5))


def timings(name: str) -> list[str]:
    """The timings of one memory."""
    from openrow.config.loading import load_architecture
    from openrow.config.timings import cycle_ns, resolved_timings

    memory = load_architecture(name).memory
    period = cycle_ns(memory.clock)
    pairs = resolved_timings(memory).items()
    rows = [(code(key), str(cycles), f"{float(cycles * period):.1f}") for key, cycles in pairs]
    return markdown(("timing", "cycles", "ns"), rows, right=(1, 2))


def accuracy(_argument: str) -> list[str]:
    """The table of ``openrow validate``."""
    from openrow.validation.table import accuracy_table

    table = accuracy_table()
    rows = [(row.what, row.criterion, f"{row.equal} of {len(row.comparisons)}") for row in table]
    lines = markdown(("against Ramulator 2.1", "what must be equal", "equal"), rows, right=(2,))
    left_out = [f"- {reason}" for row in table for reason in row.left_out]
    return [*lines, "", "Left out:", "", *left_out] if left_out else lines


def kernels(_argument: str) -> list[str]:
    """The kernels by name."""
    from openrow_kernels.catalogue import names

    return markdown(("name", "what"), [(code(name), about) for name, about in names()])


def parameters(path: str) -> list[str]:
    """The parameters of a kernel: the fields of the model at ``module:class``."""
    from importlib import import_module

    module, _, name = path.partition(":")
    fields = getattr(import_module(module), name).model_fields
    rows = [
        (code(key), code(_shown(field.default)), _type(field.annotation), _joined(field.description))
        for key, field in fields.items()
    ]
    return markdown(("parameter", "default", "values", "meaning"), rows)


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _joined(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split())


def _type(annotation: Any) -> str:
    from typing import Literal, get_args, get_origin

    if get_origin(annotation) is Literal:
        return ", ".join(code(value) for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "numbers, separated by commas"
    names = {bool: "`true`, `false`", int: "integer", float: "number", str: "text"}
    return names.get(annotation, "")


TABLES: dict[str, Callable[[str], list[str]]] = {
    "architecture-table": architectures,
    "constraint-table": constraints,
    "timing-table": timings,
    "accuracy-table": accuracy,
    "kernel-table": kernels,
    "parameter-table": parameters,
}


class TableDirective(Directive):
    """A table by its name, with the argument its function takes."""

    optional_arguments = 1
    final_argument_whitespace = True
    make: ClassVar[Callable[[str], list[str]]]

    def run(self) -> list[nodes.Node]:
        """Make the table and parse it as part of the page."""
        lines = type(self).make(self.arguments[0] if self.arguments else "")
        container = nodes.container(classes=["wide-table"])
        self.state.nested_parse(StringList(lines, source="table"), self.content_offset, container)
        return [container]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register every table as a directive of its name."""
    for name, make in TABLES.items():
        directive = type(f"{make.__name__.title()}Directive", (TableDirective,), {"make": staticmethod(make)})
        app.add_directive(name, directive)
    return {"parallel_read_safe": True}
