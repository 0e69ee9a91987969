"""YAML with places: every key and value remembers its file, line and column.

Scalars are resolved by the core schema of YAML 1.2 (YAML 1.2.2, section 10.3.2), not by the 1.1 of PyYAML.
So ``1e9`` is a number, ``on`` and ``yes`` are text, and where the two versions disagree on a number (``010``,
``1:30``) it is a problem, because nobody can know which was meant. ``1_000`` is the number it looks like.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from openrow.config.nodes import Entry, Node, Scalar
from openrow.config.problems import KeyPath, Place, Problem, dotted

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]


class _CoreLoader(SafeLoader):
    """Resolves plain scalars by the YAML 1.2 core schema and marks those that 1.1 reads otherwise."""


_CoreLoader.yaml_implicit_resolvers = {}  # those of YAML 1.1 are not wanted

_TAG = "tag:yaml.org,2002:"
_AMBIGUOUS_OCTAL = "openrow:octal"
_AMBIGUOUS_SEXAGESIMAL = "openrow:sexagesimal"
_NOT_FINITE = "openrow:not-finite"

# Tried in this order, by first character.
_RESOLVERS: tuple[tuple[str, str, str], ...] = (
    (_TAG + "null", r"^(?:~|null|Null|NULL)$", "~nN"),
    (_TAG + "bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    (_AMBIGUOUS_OCTAL, r"^[-+]?0[0-9_]*[0-9]$", "-+0"),
    (_AMBIGUOUS_SEXAGESIMAL, r"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$", "-+0123456789"),
    (_NOT_FINITE, r"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", "-+."),
    (_TAG + "int", r"^(?:[-+]?[0-9]+(?:_[0-9]+)*|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    (
        _TAG + "float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        "-+.0123456789",
    ),
)
for _tag, _pattern, _first in _RESOLVERS:
    _CoreLoader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))
# The empty scalar is looked up under the empty string.
_CoreLoader.add_implicit_resolver(_TAG + "null", re.compile("^$"), [""])

_LARGEST = 2**63 - 1


class _UnreadableError(ValueError):
    """A scalar that cannot be taken; the text says what would be right."""


def _null(text: str) -> None:
    if text not in ("", "~", "null", "Null", "NULL"):
        raise ValueError(text)


def _bool(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _int(text: str) -> int:
    digits = text.replace("_", "")
    if len(digits) > 25:
        raise _UnreadableError("should be a number that fits 64 bits")
    base = {"0o": 8, "0x": 16}.get(digits[:2], 10)
    number = int(digits[2:] if base != 10 else digits, base)
    if abs(number) > _LARGEST:
        raise _UnreadableError("should be a number that fits 64 bits")
    return number


def _float(text: str) -> float:
    number = float(text.replace("_", ""))
    if not math.isfinite(number):
        raise _UnreadableError("should be a finite number")
    return number


def _octal(text: str) -> None:
    digits = text.replace("_", "").lstrip("+-").lstrip("0") or "0"
    octal = "" if set(digits) & set("89") else f", 0o{digits} for octal,"
    raise _UnreadableError(
        "should not begin with 0, which some read as octal and some as decimal: "
        f"write {digits}{octal} or put it in quotes for text"
    )


def _sexagesimal(_: str) -> None:
    raise _UnreadableError(
        "should be written without colons: YAML 1.1 reads it as a number to the base 60; "
        "write the number itself, or put it in quotes for text"
    )


def _not_finite(_: str) -> None:
    raise _UnreadableError("should be a finite number")


_CONSTRUCTORS: dict[str, Callable[[str], Scalar]] = {
    _TAG + "null": _null,
    _TAG + "bool": _bool,
    _TAG + "int": _int,
    _TAG + "float": _float,
    _TAG + "str": str,
    _AMBIGUOUS_OCTAL: _octal,
    _AMBIGUOUS_SEXAGESIMAL: _sexagesimal,
    _NOT_FINITE: _not_finite,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a source: its root, none where nothing could be made of it, and the problems."""

    root: Node | None
    problems: tuple[Problem, ...]


def read_file(file: Path, shown_as: str) -> Reading:
    """Read a YAML or JSON file whose root is a mapping; ``shown_as`` names it in messages."""
    place = Place(shown_as)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Reading(None, (Problem(place, "", f"should be UTF-8 text; byte {error.start} is not"),))
    except OSError as error:
        return Reading(None, (Problem(place, "", f"should be a file that can be read: {error.strerror}"),))
    if file.suffix == ".json":
        text = _SURROGATE_PAIR.sub(_joined, text)
    reading = read_text(text, lambda line, column: Place(shown_as, line, column))
    if reading.root is None or isinstance(reading.root.value, dict):
        return reading
    found = "an empty file" if reading.root.value is None else reading.root.describe()
    problem = Problem(reading.root.place, "", "should be a mapping of keys to values", found)
    return Reading(None, (*reading.problems, problem))


# JSON writes a character beyond the basic plane as two escapes, which YAML knows as one.
_SURROGATE_PAIR = re.compile(r"(?i)(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[2], 16), int(pair[3], 16)
    return pair[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def read_text(text: str, place_at: Callable[[int, int], Place], path: KeyPath = ()) -> Reading:
    """Read YAML text that stands at ``path`` of a configuration.

    ``place_at`` makes a place of a line and a column, both counted from one.
    """
    key = dotted(path)
    try:
        loader = _CoreLoader(text)
        try:
            composed = loader.get_single_node()
        finally:
            loader.dispose()
        if composed is None:
            return Reading(Node(None, place_at(1, 1)), ())
        builder = _Builder(place_at)
        root = builder.node(composed, path)
    except yaml.MarkedYAMLError as error:
        return Reading(None, (_syntax_problem(error, text, key, place_at),))
    except yaml.YAMLError as error:
        return Reading(None, (Problem(place_at(1, 1), key, f"should be YAML: {_one_line(str(error))}"),))
    except RecursionError:
        return Reading(None, (Problem(place_at(1, 1), key, "should not be nested so deeply"),))
    return Reading(root, tuple(builder.problems))


def _syntax_problem(
    error: yaml.MarkedYAMLError, text: str, key: str, place_at: Callable[[int, int], Place]
) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(place_at(1, 1), key, f"should be YAML: {_one_line(str(error))}")
    place = place_at(mark.line + 1, mark.column + 1)
    line = "".join(text.splitlines()[mark.line : mark.line + 1])
    if line[mark.column : mark.column + 1] == "\t":
        return Problem(place, key, "should be indented with spaces", "a tab")
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    return Problem(place, key, f"should be YAML: {_one_line(reason)}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _Builder:
    """Turns PyYAML's nodes into ours, collecting problems on the way."""

    def __init__(self, place_at: Callable[[int, int], Place]):
        self.problems: list[Problem] = []
        self._place_at = place_at
        self._open: set[int] = set()

    def node(self, composed: yaml.Node, path: KeyPath) -> Node:
        place = self._place(composed)
        if id(composed) in self._open:
            return self._refuse(path, place, "should not contain itself through an alias")
        self._open.add(id(composed))
        try:
            if isinstance(composed, yaml.MappingNode) and composed.tag == _TAG + "map":
                return Node(self._entries(composed, path), place)
            if isinstance(composed, yaml.SequenceNode) and composed.tag == _TAG + "seq":
                children = enumerate(composed.value)
                return Node([self.node(child, (*path, index)) for index, child in children], place)
            return self._scalar(composed, path, place)
        finally:
            self._open.discard(id(composed))

    def _place(self, composed: yaml.Node) -> Place:
        mark = composed.start_mark
        return self._place_at(mark.line + 1, mark.column + 1)

    def _refuse(self, path: KeyPath, place: Place, expected: str, found: str | None = None) -> Node:
        self.problems.append(Problem(place, dotted(path), expected, found))
        return Node(None, place, found, is_readable=False)

    def _entries(self, composed: yaml.MappingNode, path: KeyPath) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for key_node, value_node in composed.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(place, dotted(path), "should have plain words as keys"))
                continue
            key: str = key_node.value
            if key == "<<":
                expected = "should use extends, or repeat the keys: YAML 1.2 has no merge key"
                self.problems.append(Problem(place, dotted((*path, key)), expected, "<<"))
                continue
            if key in entries:
                first = entries[key].key_place
                expected = f"should be given once; it is also at {first}"
                self.problems.append(Problem(place, dotted((*path, key)), expected, repr(key)))
                continue
            entries[key] = Entry(place, self.node(value_node, (*path, key)))
        return entries

    def _scalar(self, composed: yaml.Node, path: KeyPath, place: Place) -> Node:
        constructor = _CONSTRUCTORS.get(composed.tag)
        if constructor is None or not isinstance(composed, yaml.ScalarNode):
            return self._refuse(path, place, "should have no tag", composed.tag.replace(_TAG, "!!"))
        text: str = composed.value
        try:
            return Node(constructor(text), place, text)
        except (ValueError, KeyError) as error:  # an explicit tag such as !!int may stand before any text
            is_ours = isinstance(error, _UnreadableError)
            expected = str(error) if is_ours else f"should fit its tag {composed.tag}"
            return self._refuse(path, place, expected, text)
