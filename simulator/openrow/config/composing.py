"""Composition of an architecture from the files it extends.

A file may name others in ``extends``. They are read first and merged in the order given, the file itself
last: mappings merge key by key, lists and scalars are replaced. A mapping whose ``model`` differs from that
below replaces it whole, since the keys of one model mean nothing to another.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from openrow.config.nodes import Entry, Node
from openrow.config.problems import KeyPath, Place, Problem
from openrow.config.reading import read_file
from openrow.config.shipped import NotFoundError, display_name, locate

EXTENDS = "extends"
RESULT_KEY = "configuration"
"""Where a stored result keeps its architecture."""

DISCRIMINATOR = "model"
"""The key whose value says which other keys its mapping has."""


@dataclass
class Composition:
    """An architecture composed of its files, not yet validated."""

    root: Node | None
    """None where a file could not be read at all."""
    source: str
    """The file asked for, as messages name it."""
    problems: list[Problem] = field(default_factory=list)

    def node(self, path: KeyPath) -> Node | None:
        """Return the node at a path; none where there is no such node."""
        node = self.root
        for part in path:
            node = node.child(part) if node is not None else None
        return node

    def place(self, path: KeyPath) -> Place:
        """Return where the value at a path is written, or the innermost value there is on the way to it."""
        for length in range(len(path), -1, -1):
            node = self.node(path[:length])
            if node is not None:
                return node.place
        return Place(self.source)

    def key_place(self, path: KeyPath) -> Place:
        """Return where the last key of a path is written; its value's place for an element of a list."""
        parent = self.node(path[:-1])
        entry = parent.entries.get(str(path[-1])) if parent is not None else None
        return entry.key_place if entry else self.place(path)


def compose(name_or_path: str | Path) -> Composition:
    """Read an architecture file and all it extends. Problems are collected, not raised."""
    try:
        file = locate(name_or_path)
    except NotFoundError as error:
        source = str(name_or_path)
        return Composition(None, source, [Problem(Place(source), "", str(error))])
    composition = Composition(None, display_name(file))
    composition.root = _read(file, (), composition.problems)
    return composition


def compose_all(names: Iterable[str | Path]) -> Composition:
    """Compose several files into one, a later one above the earlier. Problems are collected, not raised."""
    whole: Composition | None = None
    for name in names:
        part = compose(name)
        if whole is None:
            whole = part
            continue
        whole.problems += part.problems
        if whole.root is None or part.root is None:
            whole.root = None
        else:
            whole.root = merged(whole.root, part.root)
    assert whole is not None, "there is something to compose"
    return whole


def merged(below: Node, above: Node) -> Node:
    """Merge two nodes, key by key where both are mappings of the same model; ``above`` wins."""
    if not (isinstance(below.value, dict) and isinstance(above.value, dict)) or _models_differ(below, above):
        return above
    entries = dict(below.entries)
    for key, entry in above.entries.items():
        node = merged(entries[key].node, entry.node) if key in entries else entry.node
        entries[key] = Entry(entry.key_place, node)
    return Node(entries, above.place)


def _models_differ(below: Node, above: Node) -> bool:
    first, second = below.child(DISCRIMINATOR), above.child(DISCRIMINATOR)
    return first is not None and second is not None and first.value != second.value


def _read(file: Path, leading_here: tuple[Path, ...], problems: list[Problem]) -> Node | None:
    reading = read_file(file, display_name(file))
    problems += reading.problems
    if reading.root is None:
        return None
    root = _architecture_in(reading.root)
    extends = root.child(EXTENDS)
    if extends is None:
        return root
    own = Node({key: entry for key, entry in root.entries.items() if key != EXTENDS}, root.place)
    bases = [
        _base(reference, file, (*leading_here, file.resolve()), problems)
        for reference in _references(extends, problems)
    ]
    composed: Node | None = None
    for part in (*bases, own):
        if part is None:
            return None
        composed = merged(composed, part) if composed is not None else part
    return composed


def _architecture_in(root: Node) -> Node:
    stored = root.child(RESULT_KEY)
    return stored if stored is not None and isinstance(stored.value, dict) else root


def _references(extends: Node, problems: list[Problem]) -> list[Node]:
    references = extends.elements if isinstance(extends.value, list) else [extends]
    for reference in references:
        if reference.is_readable and (not isinstance(reference.value, str) or not reference.value):
            expected = "should be the name of an architecture, a path, or a list of them"
            problems.append(Problem(reference.place, EXTENDS, expected, reference.describe()))
    return references


def _base(
    reference: Node, file: Path, leading_here: tuple[Path, ...], problems: list[Problem]
) -> Node | None:
    if not isinstance(reference.value, str) or not reference.value:
        return None
    try:
        base = locate(reference.value, beside=file.parent)
    except NotFoundError as error:
        problems.append(Problem(reference.place, EXTENDS, str(error), reference.describe()))
        return None
    if base.resolve() in leading_here:
        start = leading_here.index(base.resolve())
        cycle = " extends ".join(display_name(step) for step in (*leading_here[start:], base.resolve()))
        problems.append(Problem(reference.place, EXTENDS, f"should not lead back to itself: {cycle}"))
        return None
    return _read(base, leading_here, problems)
