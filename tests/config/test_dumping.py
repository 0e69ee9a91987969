import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_architectures import DDR4

from openrow.config.dumping import configuration_hash, dump
from openrow.config.loading import architecture_from_dict, load_architecture
from openrow.config.problems import ConfigurationError
from openrow.config.shipped import known_architectures


@pytest.mark.parametrize("name", known_architectures())
def test_a_dumped_architecture_loads_as_its_equal_by_way_of_json(name: str) -> None:
    architecture = load_architecture(name)
    again = architecture_from_dict(json.loads(json.dumps(dump(architecture))))
    assert again == architecture
    assert configuration_hash(again) == configuration_hash(architecture)


FIELDS = {
    "memory.channels": st.sampled_from([1, 2, 16]),
    "memory.refresh": st.sampled_from(["none", "all-bank"]),
    "memory.mapping": st.sampled_from(["RoBaBgRaCoCh", "ChRaRoBgBaCo"]),
    "memory.clock.clock_mhz": st.floats(1e-3, 1e6),
    "memory.controller.write_low_watermark": st.floats(1e-6, 0.79),
    "memory.controller.page_policy": st.sampled_from(["open", "closed", "timeout"]),
    "memory.timings_cycles.nRFC": st.integers(0, 9363),
    "source.window": st.none() | st.integers(1, 1000),
    "engine": st.sampled_from(["compiled", "event"]),
}


@settings(max_examples=30, deadline=None)
@given(st.fixed_dictionaries({}, optional=FIELDS))
def test_whatever_was_overridden_survives_the_dump(values: dict[str, object]) -> None:
    overrides = [f"{path}={json.dumps(value)}" for path, value in values.items()]
    architecture = load_architecture(DDR4, overrides)
    dumped = dump(architecture)
    for path, value in values.items():
        stored = dumped
        for part in path.split("."):
            stored = stored[part]
        assert stored == value
    assert architecture_from_dict(json.loads(json.dumps(dumped))) == architecture


def test_the_hash_tells_architectures_apart_and_ignores_how_they_were_written() -> None:
    plain = load_architecture(DDR4)
    same = load_architecture(DDR4, ["memory.clock.clock_mhz=12e2", "memory.refresh=all-bank"])
    other = load_architecture(DDR4, ["memory.timings_cycles.nCL=17"])
    assert configuration_hash(plain) == configuration_hash(same)
    assert configuration_hash(plain) != configuration_hash(other)
    assert len(configuration_hash(plain)) == 64


def test_a_dictionary_is_checked_like_a_file() -> None:
    data = dump(load_architecture(DDR4))
    data["memory"]["mapping"] = "RoBaCo"
    data["memory"]["banks"] = "four"
    with pytest.raises(ConfigurationError) as caught:
        architecture_from_dict(data, ["memory.rows=12"], source="the sweep's base")
    assert [str(problem) for problem in caught.value.problems] == [
        "override 'memory.rows=12' memory.rows: should be a power of two; the nearest are 8 and 16 (got 12)",
        "the sweep's base memory.banks: should be a valid integer (got 'four')",
        "the sweep's base memory.mapping: the mapping should contain Bg, since bank_groups = 4 (got "
        "'RoBaCo')",
    ]


def test_problems_are_plain_data_for_machines() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_architecture(DDR4, ["memory.rows=12"])
    (problem,) = caught.value.problems
    assert problem.as_dict() == {
        "file": None,
        "line": None,
        "column": None,
        "override": "memory.rows=12",
        "key": "memory.rows",
        "expected": "should be a power of two; the nearest are 8 and 16",
        "found": "12",
    }
