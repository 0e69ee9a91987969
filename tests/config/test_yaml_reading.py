"""Scalars as a person means them, every place as it stands in the file."""

from pathlib import Path

import pytest

from openrow.config.problems import Place
from openrow.config.reading import Reading, read_file, read_text


def read(text: str) -> Reading:
    return read_text(text, lambda line, column: Place("arch.yaml", line, column))


def value_of(scalar: str) -> object:
    reading = read(f"key: {scalar}")
    assert reading.problems == ()
    assert reading.root is not None
    return reading.root.plain()["key"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1e9", 1e9),
        ("1E-3", 1e-3),
        ("-2.5e+2", -250.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("007.5", 7.5),
        ("12", 12),
        ("-12", -12),
        ("+3", 3),
        ("0", 0),
        ("1_000_000", 1_000_000),
        ("0x1F", 31),
        ("0o17", 15),
        ("true", True),
        ("False", False),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("'010'", "010"),
        ('"1:30"', "1:30"),
        ("!!str 010", "010"),
        ("2024-01-01", "2024-01-01"),
        ("{12: }", {"12": None}),
        ("~", None),
        ("null", None),
        ("", None),
        ("none", "none"),
    ],
)
def test_a_scalar_is_what_a_person_means_by_it(written: str, meant: object) -> None:
    value = value_of(written)
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("010", "write 10, 0o10 for octal, or put it in quotes"),
        ("-017", "write 17, 0o17 for octal"),
        ("08", "write 8 or put it in quotes"),
        ("1:30", "to the base 60"),
        ("190:20:30", "to the base 60"),
        ("1:30.5", "to the base 60"),
        (".inf", "finite"),
        ("-.Inf", "finite"),
        (".nan", "finite"),
        ("1e999", "finite"),
        ("99999999999999999999", "64 bits"),
        ("9" * 5000, "64 bits"),
        ("!!bool maybe", "fit its tag"),
        ("!!int 1.5", "fit its tag"),
        ("!unit 3", "no tag"),
        ("!!python/name:os.system x", "no tag"),
        ("&loop [1, *loop]", "contain itself"),
    ],
)
def test_a_scalar_nobody_can_be_sure_of_is_a_problem_at_its_place(written: str, said: str) -> None:
    reading = read(f"first: 1\nkey: {written}\nlast: 2")
    (problem,) = reading.problems
    assert said in str(problem)
    assert problem.place.line == 2
    assert problem.key.startswith("key")
    assert reading.root is not None
    assert reading.root.plain()["last"] == 2


def test_every_key_and_value_remembers_its_place() -> None:
    reading = read("a:\n  b: [1, 2]\n  c: {d: x}\n")
    assert reading.root is not None
    a = reading.root.entries["a"]
    assert a.key_place == Place("arch.yaml", 1, 1)
    assert a.node.place == Place("arch.yaml", 2, 3)
    assert a.node.entries["b"].node.elements[1].place == Place("arch.yaml", 2, 10)
    d = a.node.entries["c"].node.entries["d"]
    assert (d.key_place, d.node.place) == (Place("arch.yaml", 3, 7), Place("arch.yaml", 3, 10))


def test_a_key_given_twice_is_a_problem_that_names_both_places() -> None:
    (problem,) = read("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n").problems
    assert str(problem) == "arch.yaml:5:3 b.c: should be given once; it is also at arch.yaml:3:3 (got 'c')"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a: [1", "2:1", "should be YAML"),
        ("a: b: c", "1:5", "mapping values are not allowed"),
        ("a:\n\tb: 1", "2:1", "spaces (got a tab)"),
        ("a: 1\n---\nb: 2", "2:1", "single document"),
        ("a: *nowhere", "1:4", "undefined alias"),
        ("a: \x01", "1:1", "control characters"),
        ("a: 1\n<<: {b: 2}", "2:1", "no merge key"),
        ("? [1, 2]\n: 3", "1:3", "plain words as keys"),
    ],
)
def test_broken_yaml_is_a_problem_at_its_place(text: str, place: str, said: str) -> None:
    (problem,) = read(text).problems
    assert str(problem).startswith(f"arch.yaml:{place}")
    assert said in str(problem)


def test_yaml_nested_beyond_reason_is_a_problem() -> None:
    (problem,) = read("[" * 20_000 + "]" * 20_000).problems
    assert "nested" in str(problem)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "should be a mapping of keys to values (got an empty file)"),
        (b"# nothing\n", "got an empty file"),
        (b"- 1\n- 2\n", "got a list of 2"),
        (b"just words", "got 'just words'"),
        (b"a: \xff", "UTF-8 text; byte 3 is not"),
    ],
)
def test_a_file_that_is_no_mapping_is_a_problem(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "arch.yaml"
    file.write_bytes(content)
    reading = read_file(file, "arch.yaml")
    assert reading.root is None
    (problem,) = reading.problems
    assert said in str(problem)


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (problem,) = read_file(tmp_path / "nothing.yaml", "nothing.yaml").problems
    assert str(problem) == "nothing.yaml: should be a file that can be read: No such file or directory"


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    file = tmp_path / "arch.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1")
    reading = read_file(file, "arch.yaml")
    assert reading.root is not None
    assert reading.root.plain() == {"a": 1}


def test_json_with_characters_beyond_the_basic_plane_is_read(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(r'{"a": "x\ud83d\ude00y", "b": "\\ud83d\\ude00", "c": 1e-07, "d": "1/2"}')
    reading = read_file(file, "result.json")
    assert reading.root is not None
    assert reading.root.plain() == {"a": "x\U0001f600y", "b": r"\ud83d\ude00", "c": 1e-7, "d": "1/2"}
