"""Overrides: ``dotted.path=value`` assigns one field of a composed architecture, or one element of a list."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from pydantic import BaseModel

from openrow.config.composing import DISCRIMINATOR
from openrow.config.known_names import known_names
from openrow.config.nodes import Entry, Node
from openrow.config.problems import KeyPath, Place, Problem, dotted, one_of
from openrow.config.reading import read_text


def overridden(root: Node, texts: Iterable[str], model: type[BaseModel]) -> tuple[Node, list[Problem]]:
    """Apply overrides in the order given.

    Parameters
    ----------
    root
        The composed architecture.
    texts
        Each ``dotted.path=value``. The value is YAML on one line: ``memory.channels=4``,
        ``memory.clock={clock_mhz: 1600.0, data_rate_mt_per_s: 3200.0}``. An element of a list is named by its
        index from zero: ``memory.constraints.3.latency=nBL``.
    model
        The model of the whole configuration, which knows the names.

    Returns
    -------
    tuple
        The architecture with every sound override in place, and the problems of the others.
    """
    problems: list[Problem] = []
    for text in texts:
        place = Place(text, is_override=True)
        key, equals, value = text.partition("=")
        if not equals or not all(key.split(".")):
            problems.append(Problem(place, "", "should have the form dotted.path=value"))
            continue
        path = _path_of(key, root, model)
        if isinstance(path, _UnknownPart):
            problems.append(Problem(place, key, path.expected, path.found))
            continue
        reading = read_text(value, partial(_always, place), path)
        problems += reading.problems
        if reading.root is not None:
            root = _assigned(_without_other_model(root, path, reading.root), path, reading.root, place)
    return root, problems


def _always(place: Place, _line: int, _column: int) -> Place:
    return place


def _without_other_model(root: Node, path: KeyPath, value: Node) -> Node:
    """Empty the mapping whose model is about to change: its keys mean nothing to the other model."""
    parent: Node | None = root
    for part in path[:-1]:
        parent = parent.child(part) if parent is not None else None
    model = parent.child(DISCRIMINATOR) if parent is not None and path[-1] == DISCRIMINATOR else None
    if model is None or model.value == value.value:
        return root
    return _assigned(root, path[:-1], Node({}, value.place), value.place)


@dataclass(frozen=True, slots=True)
class _UnknownPart:
    expected: str
    found: str


def _path_of(key: str, root: Node, model: type[BaseModel]) -> KeyPath | _UnknownPart:
    data = root.plain()
    node: Node | None = root
    path: KeyPath = ()
    for word in key.split("."):
        part: str | int = word
        if node is not None and isinstance(node.value, list):
            if not word.isdecimal() or int(word) >= len(node.value):
                return _UnknownPart(
                    f"{dotted(path)} should be indexed {_indices(len(node.value))}", repr(word)
                )
            part = int(word)
        else:
            names = known_names(model, data, path)
            if names is None:
                names = list(node.entries) if node is not None else []
            if word not in names:
                expected = one_of(word, names, "key") if names else f"{dotted(path)} has no parts"
                return _UnknownPart(expected, repr(word))
        node = node.child(part) if node is not None else None
        path = (*path, part)
    return path


def _indices(count: int) -> str:
    return f"from 0 to {count - 1}" if count else "only where it has elements"


def _assigned(node: Node | None, path: KeyPath, value: Node, place: Place) -> Node:
    """Return a copy of ``node`` with ``value`` at ``path``; mappings are made where there are none."""
    if not path:
        return value
    part, rest = path[0], path[1:]
    if node is not None and isinstance(node.value, list) and isinstance(part, int):
        elements = list(node.value)
        elements[part] = _assigned(elements[part], rest, value, place)
        return Node(elements, node.place)
    entries = dict(node.entries) if node is not None else {}
    existing = entries.get(str(part))
    below = existing.node if existing is not None else None
    key_place = existing.key_place if existing is not None and rest else place
    entries[str(part)] = Entry(key_place, _assigned(below, rest, value, place))
    return Node(entries, node.place if node is not None and isinstance(node.value, dict) else place)
