"""What the causes of lost time are called, in tables, plots and sentences."""

from collections.abc import Mapping
from typing import Any

CAUSES = {
    "row_cycle": "row cycle",
    "activation_window": "activation window",
    "bank_group_spacing": "bank-group spacing",
    "turnaround": "turnaround",
    "refresh": "refresh",
    "command_bus": "command bus",
    "data_bus": "burst spacing",
    "scheduling": "scheduling",
    "nothing_to_do": "nothing to do",
}
"""Names for people, in the order in which they are shown."""

REASONS = {
    "row_cycle": "the wanted rows had to be closed and opened first",
    "activation_window": "rows could not be opened any faster",
    "bank_group_spacing": "accesses to one bank group keep a distance",
    "turnaround": "the bus was changing between reads and writes, or between ranks",
    "refresh": "the banks were being refreshed",
    "command_bus": "the command bus was carrying other commands",
    "data_bus": "bursts keep a distance beyond their length",
    "scheduling": "the policy let legal accesses wait",
    "nothing_to_do": "no request was waiting",
}
"""Why the data bus stood still."""

UNIT_CAUSES = {
    **CAUSES,
    "computing": "computing",
    "imbalance": "imbalance",
    "channel": "channel",
    "link": "link",
    "parameters": "parameters",
}
"""What limits units beside banks: also their arithmetic, waiting for the busiest, and what brings them
neighbours, weights and parameters."""

FULL = 0.9
"""A data bus that carries data for this share of the time is the limit itself."""


def limiting_sentence(tree: Mapping[str, Any]) -> str:
    """One plain sentence on what limits a run.

    Parameters
    ----------
    tree
        A result with ``data_bus_busy`` and ``lost_time``, shares of the data buses' time; an engine that does
        not account for lost time leaves the latter empty.
    """
    busy: float = tree["data_bus_busy"]
    lost: Mapping[str, float] = tree["lost_time"]
    if not lost:
        return f"The data bus carried data for {100 * busy:.0f} % of the time; the rest is not accounted for."
    if busy >= FULL or not any(lost.values()):
        return f"Limited by the data bus: it carried data for {100 * busy:.0f} % of the time."
    cause = max(lost, key=lambda name: lost[name])
    name = "the requests" if cause == "nothing_to_do" else CAUSES[cause]
    share = f"{100 * lost[cause]:.0f} % of the data bus's time"
    return f"Limited by {name}: {share} passed while {REASONS[cause]}."
