"""Names become files, from a checkout and from an installation alike."""

from pathlib import Path

import pytest
from written_architectures import Problems, Write

from openrow.config.loading import load_architecture
from openrow.config.shipped import (
    NotFoundError,
    arch_configs_folder,
    display_name,
    known_architectures,
    locate,
)

CHECKOUT = Path(__file__).resolve().parents[2]


def test_a_checkout_has_its_files_beside_the_simulator() -> None:
    assert arch_configs_folder(CHECKOUT / "simulator" / "openrow") == CHECKOUT / "arch_configs"


def test_an_installation_has_its_files_beside_the_package(tmp_path: Path) -> None:
    installed = tmp_path / "site-packages" / "openrow_arch_configs"
    (installed / "memory").mkdir(parents=True)
    (tmp_path / "arch_configs").mkdir()
    assert arch_configs_folder(tmp_path / "site-packages" / "openrow") == installed


def test_an_incomplete_installation_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="installation of openrow is incomplete"):
        arch_configs_folder(tmp_path / "a" / "openrow")


def test_names_are_paths_without_suffix_and_parts_are_left_out(tmp_path: Path) -> None:
    for name in ("memory/b.yaml", "memory/a.yaml", "memory/_part.yaml", "_parts/x.yaml", "memory/notes.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    assert known_architectures(tmp_path) == ["memory/a", "memory/b"]


def test_the_reference_standards_are_shipped() -> None:
    assert {"memory/ddr4-2400", "memory/hbm2-2000", "memory/hbm3-6400"} <= set(known_architectures())


def test_the_example_of_the_readme_is_sound(write: Write) -> None:
    readme = (CHECKOUT / "arch_configs" / "README.md").read_text()
    example = readme.split("```yaml\n")[1].split("```")[0]
    memory = load_architecture(write(example)).memory
    assert (memory.channels, memory.timings_cycles["nRFC"]) == (2, 500)


def test_a_name_and_a_path_are_both_found(write: Write) -> None:
    shipped = CHECKOUT / "arch_configs" / "memory" / "ddr4-2400.yaml"
    assert locate("memory/ddr4-2400") == shipped
    assert locate("memory/ddr4-2400.yaml") == shipped
    assert locate(shipped) == shipped
    assert locate(write("a: 1")) == Path("arch.yaml")
    assert locate(write("a: 1", "odd/name")) == Path("odd/name")


def test_a_file_here_goes_before_a_shipped_one_of_the_same_path(write: Write) -> None:
    write("a: 1", "memory/ddr4-2400.yaml")
    assert locate("memory/ddr4-2400.yaml") == Path("memory/ddr4-2400.yaml")
    assert locate("memory/ddr4-2400").is_absolute()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("memory/ddr4-2401", "should be a file or a known architecture; the nearest is 'memory/ddr4-2400'"),
        ("ddr4-2400", "should be a file or a known architecture; the nearest is 'memory/ddr4-2400'"),
        (
            "memory/ddr4-2401.yaml",
            "should be a file or a known architecture; the nearest is 'memory/ddr4-2400'",
        ),
        ("zzz", "should be a file or a known architecture: one of crossbar/isaac, "),
        ("acrh.yaml", "should be an existing file; the nearest there is 'arch.yaml'"),
        ("nowhere/arch.yaml", "should be an existing file; there is no folder nowhere"),
        ("zzz.yaml", "should be an existing file"),
        ("folder", "should be a file and is a folder"),
    ],
)
def test_an_unknown_name_is_reported_with_the_nearest(
    write: Write, problems_of: Problems, name: str, said: str
) -> None:
    write("a: 1")
    write("a: 1", "folder/inside.yaml")
    (problem,) = problems_of(name)
    assert problem.startswith(f"{name}: {said}")


def test_files_are_shown_relative_to_the_current_folder_where_they_lie_below(write: Write) -> None:
    file = Path(write("a: 1", "deep/arch.yaml"))
    assert display_name(file.absolute()) == str(Path("deep/arch.yaml"))
    assert display_name(CHECKOUT / "setup.py") == str(CHECKOUT / "setup.py")
