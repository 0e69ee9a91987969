"""Directives for tables that openrow itself knows, made when the pages are built."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

Row = tuple[str, ...]
LONGEST_SHOWN = 40
"""Characters of the longest value in a table."""


def markdown(heads: Row, rows: Sequence[Row], right: tuple[int, ...] = ()) -> list[str]:
    """A pipe table; columns in ``right`` are aligned to the right."""
    rules = ["---:" if column in right else "---" for column in range(len(heads))]
    lines = [heads, rules, *rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]


def code(text: object) -> str:
    """``text`` in the type of code, or nothing."""
    return f"`{text}`" if str(text) else ""


def memories() -> list[str]:
    """The names of the shipped memories."""
    from openrow.config.shipped import known_architectures

    return [name for name in known_architectures() if name.startswith("memory/")]


def architectures(_argument: str) -> list[str]:
    """The shipped memories and what they come to."""
    from openrow.config.loading import load_architecture
    from openrow.config.organisation import banks_total, burst_bytes, peak_bandwidth_gb_per_s, row_bytes
    from openrow.config.timings import cycle_ns

    rows = []
    for name in memories():
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


def sources(_argument: str) -> list[str]:
    """What each shipped memory is, and where its figures come from."""
    from openrow.config.loading import load_architecture
    from openrow.config.organisation import capacity_bytes

    rows = []
    for name in memories():
        memory = load_architecture(name).memory
        capacity = f"{capacity_bytes(memory) / 2**30:g}"
        rows.append((code(name), memory.standard, capacity, " ".join(memory.source.split())))
    return markdown(("name", "standard", "GiB", "source of the figures"), rows, right=(2,))


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
        window = f", window of {row.window}" if row.window > 1 else ""
        after, before = (", ".join(c.value for c in side) for side in (row.preceding, row.following))
        cause = row.cause.value.replace("_", " ")
        formula = f"{code(row.latency)}{window}"
        rows.append((place, after, before, formula, str(cycles), f"{float(cycles * period):.1f}", cause))
    heads = ("level", "after", "before", "at least", "cycles", "ns", "counts as")
    return markdown(heads, rows, right=(4, 5))


def timings(name: str) -> list[str]:
    """The timings of one memory, and what each is."""
    from timing_meanings import MEANINGS

    from openrow.config.loading import load_architecture
    from openrow.config.timings import cycle_ns, resolved_timings

    memory = load_architecture(name).memory
    period = cycle_ns(memory.clock)
    pairs = resolved_timings(memory).items()
    rows = [(code(key), str(cycles), f"{float(cycles * period):.1f}", MEANINGS[key]) for key, cycles in pairs]
    return markdown(("timing", "cycles", "ns", "what it is"), rows, right=(1, 2))


def accuracy(_argument: str) -> list[str]:
    """The table of ``openrow validate``."""
    from openrow.validation.table import accuracy_table

    table = accuracy_table()
    rows = [(row.what, row.criterion, f"{row.equal} of {len(row.comparisons)}") for row in table]
    lines = markdown(("against Ramulator 2.1 or as named", "what must be equal", "equal"), rows, right=(2,))
    left_out = [f"- {reason}" for row in table for reason in row.left_out]
    notes = [f"- {note}" for row in table for note in row.notes]
    for heading, listed in (("Left out:", left_out), ("Ties, which float32 rounds either way:", notes)):
        lines += ["", heading, "", *listed] if listed else []
    return lines


def hops(name: str) -> list[str]:
    """The hops of a memory that counts energy by them."""
    from openrow.config.descriptions import descriptions
    from openrow.config.loading import load_architecture
    from openrow.config.memory import HopEnergy

    energy = load_architecture(name).memory.energy
    assert isinstance(energy, HopEnergy), name
    rows = [
        (code(key), f"{getattr(energy, key):g}", _joined(meaning))
        for key, meaning in descriptions(HopEnergy).items()
        if key != "model"
    ]
    return markdown(("key", "value", "what it is"), rows, right=(1,))


def unit_energies(_argument: str) -> list[str]:
    """What a command and standby cost in each shipped memory."""
    from dataclasses import fields

    from openrow.config.loading import load_architecture
    from openrow.memory.energy import UnitEnergies
    from openrow.memory.energy import unit_energies as energies

    shown = {name: energies(load_architecture(name).memory) for name in memories()}
    rows = [
        (code(field.name), *(f"{getattr(unit, field.name):,.0f}" for unit in shown.values()))
        for field in fields(UnitEnergies)
    ]
    heads = ("", *(name.removeprefix("memory/") for name in shown))
    return markdown(heads, rows, right=tuple(range(1, len(heads))))


def fast_error(_argument: str) -> list[str]:
    """The error of the fast model, by kind of run, as ``openrow validate`` prints it."""
    from openrow.validation.fast_error import by_kind, fast_errors

    rows = [
        (kind, str(error.runs), f"{error.mean_percent}", f"{error.worst_percent}")
        for kind, error in by_kind(fast_errors()).items()
    ]
    return markdown(("runs", "compared", "mean error, %", "worst error, %"), rows, right=(1, 2, 3))


def kernels(_argument: str) -> list[str]:
    """The kernels by name."""
    from openrow_kernels.catalogue import names

    return markdown(("name", "what"), [(code(name), about) for name, about in names()])


def parameters(argument: str) -> list[str]:
    """The fields of the model at ``module:class``: a kernel's parameters, a section of an architecture.

    Where the name of an architecture and the path of the section follow, its values stand in a column.
    """
    from importlib import import_module

    from openrow.config.descriptions import descriptions

    path, *shipped = argument.split()
    module, _, name = path.partition(":")
    model = getattr(import_module(module), name)
    fields, meanings = model.model_fields, descriptions(model)
    values = section(*shipped) if shipped else None
    rows = []
    for key, field in fields.items():
        default = (
            "required" if field.is_required() else code(_shown(field.get_default(call_default_factory=True)))
        )
        own = () if values is None else (_own(getattr(values, key)),)
        rows.append((code(key), default, *own, _type(field.annotation), _joined(meanings.get(key))))
    heads = ("key", "default", *(f"in `{name}`" for name in shipped[:1]), "values", "meaning")
    return markdown(heads, rows)


def section(architecture: str, path: str) -> Any:
    """The section of a shipped architecture at a dotted path."""
    from functools import reduce

    from openrow.config.loading import load_architecture

    return reduce(getattr, path.split("."), load_architecture(architecture))


def _own(value: Any) -> str:
    """A value that an architecture has, where it is short; long ones stand in its file."""
    from pydantic import BaseModel

    if isinstance(value, BaseModel | list | dict):
        return ""
    text = f"{value:g}" if isinstance(value, float) else _shown(getattr(value, "value", value))
    return code(text) if len(text) <= LONGEST_SHOWN else "a text"


def _shown(value: Any) -> str:
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return ""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _joined(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split())


def _type(annotation: Any) -> str:
    """What a value may be, in words."""
    from enum import Enum
    from types import UnionType
    from typing import Annotated, Literal, Union, get_args, get_origin

    from pydantic import BaseModel

    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(code(value) for value in arguments)
    if origin is Annotated:
        return _type(arguments[0])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(filter(None, map(_type, arguments))))
    if origin is tuple:
        return "numbers, separated by commas"
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"{_type(arguments[1])} by name"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(code(member.value) for member in annotation)
    names = {bool: "`true`, `false`", int: "integer", float: "number", str: "text"}
    return names.get(annotation, "")


TABLES: dict[str, Callable[[str], list[str]]] = {
    "architecture-table": architectures,
    "constraint-table": constraints,
    "timing-table": timings,
    "accuracy-table": accuracy,
    "fast-error-table": fast_error,
    "hop-table": hops,
    "source-table": sources,
    "unit-energy-table": unit_energies,
    "kernel-table": kernels,
    "field-table": parameters,
}


class TableDirective(SphinxDirective):
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


def table_directive(name: str, make: Callable[[str], list[str]]) -> type[TableDirective]:
    """The directive of a table."""
    title = name.title().replace("-", "")
    return type(f"{title}Directive", (TableDirective,), {"make": staticmethod(make)})


def setup(app: Sphinx) -> dict[str, bool]:
    """Register every table as a directive of its name."""
    for name, make in TABLES.items():
        app.add_directive(name, table_directive(name, make))
    return {"parallel_read_safe": True}
