"""A configuration as a tree in which every key and value remembers where it was written."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from openrow.config.problems import Place

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping with its value."""

    key_place: Place
    node: "Node"


@dataclass(frozen=True, slots=True)
class Node:
    """A value with the place it was written at."""

    value: "dict[str, Entry] | list[Node] | Scalar"
    place: Place
    text: str | None = None
    """A plain scalar as it was written, for messages: ``1e9`` and not ``1000000000.0``."""
    is_readable: bool = True
    """False for a value that already has a problem; it stands in the tree as none."""

    @property
    def entries(self) -> dict[str, Entry]:
        """The entries of a mapping; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def elements(self) -> "list[Node]":
        """The elements of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []

    def plain(self) -> Any:
        """Return the value without its places, as dictionaries, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, part: str | int) -> "Node | None":
        """Return the node below this one under a key or an index; none where there is no such node."""
        if isinstance(part, str):
            entry = self.entries.get(part)
            return entry.node if entry else None
        return self.elements[part] if 0 <= part < len(self.elements) else None

    def describe(self) -> str:
        """Say what this is, for the end of a message."""
        if isinstance(self.value, dict):
            return "a mapping" if self.value else "an empty mapping"
        if isinstance(self.value, list):
            return f"a list of {len(self.value)}" if self.value else "an empty list"
        if self.value is None:
            return "nothing"
        if isinstance(self.value, str):
            return repr(self.value)
        return self.text if self.text is not None else str(self.value)


def node_from_plain(value: Any, place: Place) -> Node:
    """Give a plain value places: all the same one."""
    if isinstance(value, dict):
        entries = {str(key): Entry(place, node_from_plain(child, place)) for key, child in value.items()}
        return Node(entries, place)
    if isinstance(value, list | tuple):
        return Node([node_from_plain(child, place) for child in value], place)
    return Node(value, place)
