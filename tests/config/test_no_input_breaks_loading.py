"""Whatever is written, the answer is an architecture or a list of problems, never a fault."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written_architectures import DDR4

from openrow.config.architecture import Architecture
from openrow.config.dumping import dump
from openrow.config.loading import architecture_from_dict, load_architecture
from openrow.config.problems import ConfigurationError, KeyPath, Place, Problem
from openrow.config.reading import read_text

BASE = dump(load_architecture("memory/lpddr5-6400"))


def paths_below(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    parts = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path] + [found for part in parts for found in paths_below(value[part], (*path, part))]


def outcome(load: Callable[[], Architecture]) -> Architecture | tuple[Problem, ...]:
    try:
        return load()
    except ConfigurationError as error:
        return error.problems


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.sampled_from([0, 1, 2, 3, 64, 2**40, 2**62]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["RoCo", "RoBaBgCo", "nBL", "nBL *", "none", "hops", "RD", "bank"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(paths_below(BASE)[1:]), VALUES)
def test_any_value_at_any_place_is_accepted_or_explained(path: KeyPath, value: Any) -> None:
    data = copy.deepcopy(BASE)
    parent: Any = data
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    result = outcome(lambda: architecture_from_dict(data))
    if isinstance(result, Architecture):
        assert architecture_from_dict(dump(result)) == result
    else:
        assert result
        assert all(problem.key and problem.expected for problem in result)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(paths_below(BASE)[1:]), st.text(max_size=12))
def test_any_override_is_accepted_or_explained(path: KeyPath, value: str) -> None:
    override = ".".join(map(str, path)) + "=" + value
    result = outcome(lambda: load_architecture("memory/lpddr5-6400", [override]))
    assert isinstance(result, Architecture) or result[0].place.is_override


YAML_LIKE = st.text(st.sampled_from("ab:- \n\t[]{}&*!|>'\"#%@,?0123456789.~\\e\u00e9\U0001f600"), max_size=40)


@settings(max_examples=300, deadline=None)
@given(YAML_LIKE)
def test_any_text_is_read_or_explained(text: str) -> None:
    reading = read_text(text, lambda line, column: Place("arch.yaml", line, column))
    assert (reading.root is not None) or reading.problems
    assert all(problem.place.line and problem.place.column for problem in reading.problems)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_cut_or_damaged_anywhere_is_explained(tmp_path: Path, data: st.DataObject) -> None:
    sound = Path(DDR4).read_bytes()
    place = data.draw(st.integers(0, len(sound) - 1))
    damage = data.draw(st.binary(max_size=3))
    file = tmp_path / "arch.yaml"
    file.write_bytes(sound[:place] + damage + sound[place + data.draw(st.sampled_from([1, 5, len(sound)])) :])
    result = outcome(lambda: load_architecture(file))
    assert isinstance(result, Architecture) or all(problem.place.source == str(file) for problem in result)
