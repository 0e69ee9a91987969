"""What pydantic finds wrong with a composition, said for people: one problem a value, at its place.

Pydantic names the branches of a union in its paths and reports each branch by itself. Here the path is walked
beside the data, so that branches drop out of it, and the reports of one value's branches become one problem.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from openrow.config.composing import EXTENDS, Composition
from openrow.config.known_names import known_names
from openrow.config.nodes import Node
from openrow.config.problems import KeyPath, Place, Problem, dotted, nearest, one_of

# The reports that only say "this is another kind of value". Those of all branches of a union are joined.
_KINDS = {
    "string_type": "a valid string",
    "int_type": "a valid integer",
    "int_from_float": "a valid integer",
    "float_type": "a valid number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "nothing",
}

# Texts of pydantic that speak of its own types.
_EXPECTED = {
    "missing": "is required",
    "too_short": "should have at least {min_length} element",
    "too_long": "should have at most {max_length} elements",
    "string_too_short": "should have at least {min_length} character",
    "finite_number": "should be a finite number",
}


@dataclass(frozen=True, slots=True)
class _Report:
    """One report of pydantic's with its path through the data."""

    path: KeyPath
    details: ErrorDetails
    union: KeyPath | None = None
    """The path of the innermost union it was found in."""
    branch: str = ""
    is_key: bool = False
    """It is the last key of the path that is wrong, not the value."""

    @property
    def is_of_kind(self) -> bool:
        """Whether it says no more than that the union's value is of another kind than this branch."""
        if self.path != self.union:
            return False
        kind = self.details["type"]
        return kind in _KINDS or (kind == "enum" and not isinstance(self.details["input"], str))


def model_problems(error: ValidationError, composition: Composition, model: type[BaseModel]) -> list[Problem]:
    """Translate a validation error in the order of the model, without values that already had a problem."""
    data = composition.root.plain() if composition.root is not None else None
    reports = [_located(details, data) for details in error.errors(include_url=False)]
    return [
        _problem(group, composition, model, data)
        for group in _by_value(reports)
        if _is_news(group[0].path, composition)
    ]


def _located(details: ErrorDetails, data: Any) -> _Report:
    path: KeyPath = ()
    union: KeyPath | None = None
    branch = ""
    is_key = False
    here = data
    for part in details["loc"]:
        if (isinstance(here, dict) and part in here) or _has_element(here, part):
            here = here[part]
            path = (*path, part)
        elif isinstance(here, dict) and str(part) in here:  # a key that became a number
            here = here[str(part)]
            path = (*path, str(part))
        elif part == "[key]":
            is_key = True
        elif details["type"] == "missing" and part == details["loc"][-1]:
            path = (*path, part)
        else:
            union, branch = path, str(part)
    return _Report(path, details, union, branch, is_key)


def _has_element(here: Any, part: str | int) -> bool:
    return isinstance(here, list) and isinstance(part, int) and part < len(here)


def _by_value(reports: Sequence[_Report]) -> list[list[_Report]]:
    """Group the reports: each is alone, save those which name the kinds that one union's value may have."""
    groups: list[list[_Report]] = []
    for report in reports:
        in_union = report.union is not None
        together = [other for other in reports if other.union == report.union] if in_union else [report]
        if len({other.branch for other in together}) == 1 or not report.is_of_kind:
            groups.append([report])
        elif together[0] is report and all(other.is_of_kind for other in together):
            groups.append(together)
    return groups


def _is_news(path: KeyPath, composition: Composition) -> bool:
    nodes = (composition.node(path[:length]) for length in range(len(path) + 1))
    return all(node is None or node.is_readable for node in nodes)


def _problem(group: list[_Report], composition: Composition, model: type[BaseModel], data: Any) -> Problem:
    report = group[0]
    path, details = report.path, report.details
    kind = details["type"]
    if kind == "extra_forbidden":
        names = known_names(model, data, path[:-1]) or []
        if len(path) == 1:
            names = [EXTENDS, *names]
        expected = one_of(str(path[-1]), names, "key")
        return Problem(composition.key_place(path), dotted(path), expected, repr(path[-1]))
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _tag_problem(report, composition)
    if report.is_key:
        place = composition.key_place(path)
        key = Node(str(path[-1]), place)
        expected = _choice(details, key) if "ctx" in details else f"should be {_KINDS[kind]}"
        return Problem(place, dotted(path), expected, key.describe())
    node = composition.node(path)
    if kind == "missing" or node is None:
        return Problem(composition.place(path), dotted(path), _EXPECTED.get(kind, details["msg"]))
    found = node.describe()
    if kind == "value_error" and not _is_scalar(node):
        expected = _expected(group, node)
        return Problem(_overridden(node, expected) or node.place, dotted(path), expected)
    return Problem(node.place, dotted(path), _expected(group, node), found)


def _overridden(node: Node, text: str) -> Place | None:
    """Return the place of an override within a section, of a key that the text speaks of."""
    for key, entry in node.entries.items():
        within = entry.node
        if within.place.is_override and re.search(rf"\b{re.escape(key)}\b", text):
            return within.place
        if (place := _overridden(within, text)) is not None:
            return place
    return None


def _is_scalar(node: Node) -> bool:
    return not isinstance(node.value, dict | list)


def _tag_problem(report: _Report, composition: Composition) -> Problem:
    context = report.details["ctx"]
    path = (*report.path, context["discriminator"].strip("'"))
    node = composition.node(path)
    if node is None:
        return Problem(composition.place(path), dotted(path), "is required: it says which keys may follow")
    expected = _one_of(_quoted(context["expected_tags"]), node)
    return Problem(node.place, dotted(path), expected, node.describe())


def _expected(group: list[_Report], node: Node) -> str:
    details = group[0].details
    kind = details["type"]
    context = details.get("ctx", {})
    if group[0].is_of_kind or kind in _KINDS:
        kinds = dict.fromkeys(_kind(report.details, node) for report in group)
        return f"should be {' or '.join(kinds)}{_hint(list(kinds), node)}"
    if kind in ("enum", "literal_error"):
        return _choice(details, node)
    if kind == "value_error":
        return str(context["error"])
    if kind in _EXPECTED:
        return _EXPECTED[kind].format(**context)
    message = details["msg"].removeprefix("Input ")
    return message[0].lower() + message[1:]


def _kind(details: ErrorDetails, node: Node) -> str:
    """Say what kind of value a branch of a union takes."""
    known = _KINDS.get(details["type"])
    return known if known is not None else _choice(details, node).removeprefix("should be ")


def _choice(details: ErrorDetails, node: Node) -> str:
    listed = details["ctx"]["expected"]
    names = _quoted(listed)
    return _one_of(names, node) if names else f"should be {listed}"


def _one_of(names: list[str], node: Node) -> str:
    near = nearest(node.value, names) if isinstance(node.value, str) else None
    return f"should be {_alternatives(names)}" + (f"; the nearest is '{near}'" if near else "")


def _quoted(listed: str) -> list[str]:
    return re.findall(r"'([^']*)'", listed)


def _alternatives(names: list[str]) -> str:
    if len(names) == 1:
        return f"'{names[0]}'"
    return ", ".join(f"'{name}'" for name in names[:-1]) + f" or '{names[-1]}'"


def _hint(kinds: list[str], node: Node) -> str:
    """Say how to write what was probably meant."""
    value = node.value
    if kinds == [_KINDS["string_type"]] and _is_scalar(node) and value is not None:
        return ", in quotes"
    if _KINDS["int_type"] in kinds and isinstance(value, float) and value.is_integer():
        return f": write {int(value)}"
    return ""
