"""The verbs of the command line, known without importing any of them.

Each module holds a click command called ``command``. It is imported when its verb runs, and imports the heavy
parts of openrow no earlier than that.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Verb(NamedTuple):
    """One verb: the module that holds it and a line of help."""

    module: str
    help: str


VERBS: Mapping[str, Verb] = {
    "list": Verb("openrow.cli.list", "List what there is to name: architectures, kernels, workloads."),
    "check": Verb("openrow.cli.check", "Check an architecture and say what it comes to."),
    "trace": Verb("openrow.cli.trace", "Extract the address trace of a kernel."),
    "convert": Verb("openrow.cli.convert", "Convert traces to and from other simulators' formats."),
    "replay": Verb("openrow.cli.replay", "Play a trace or a kernel through a memory system."),
    "run": Verb("openrow.cli.run", "Run a workload on an architecture's devices."),
    "sweep": Verb("openrow.cli.sweep", "Run a design space: many points, resumable, in parallel."),
    "results": Verb("openrow.cli.results", "Filter, sort and export the results of a sweep."),
    "study": Verb("openrow.cli.study", "Study crossbar numerics: accuracy, error and energy."),
    "verify": Verb("openrow.cli.verify", "Hold a command stream against the constraint table."),
    "validate": Verb("openrow.cli.validate", "Hold this simulator against its references."),
    "plot": Verb("openrow.cli.plot", "Draw results."),
    "report": Verb("openrow.cli.report", "Write the results of a sweep as one HTML page."),
}
