"""The architecture files that come with openrow, and how a name or a path becomes a file.

From a checkout they lie in ``arch_configs`` beside ``simulator``; a wheel installs them as the data package
``openrow_arch_configs`` beside ``openrow``.
"""

import os
from pathlib import Path

from openrow.config.problems import nearest, one_of

SUFFIXES = (".yaml", ".yml", ".json")
WORKLOADS = "workload"
SWEEPS = "sweep"
OTHER_FOLDERS = (WORKLOADS, SWEEPS)
"""Folders whose files are no architectures."""

_PACKAGE = Path(__file__).resolve().parent.parent


class NotFoundError(LookupError):
    """There is no such architecture; the text says what was expected."""


def arch_configs_folder(package: Path = _PACKAGE) -> Path:
    """Return the folder of the shipped architecture files.

    Parameters
    ----------
    package
        The folder of the package ``openrow``: ``.../simulator/openrow`` in a checkout,
        ``.../site-packages/openrow`` where it is installed.

    Raises
    ------
    NotFoundError
        Where neither layout is found.
    """
    installed = package.parent / "openrow_arch_configs"
    checkout = package.parent.parent / "arch_configs"
    for folder in (installed, checkout):
        if folder.is_dir():
            return folder
    raise NotFoundError(f"should lie in {installed} or {checkout}: the installation of openrow is incomplete")


def known_architectures(folder: Path | None = None) -> list[str]:
    """Return the names of the shipped architectures, such as ``memory/ddr4-2400``, sorted.

    Files and folders whose name begins with an underscore are parts for others to extend and are left out.
    """
    root = arch_configs_folder() if folder is None else folder
    names = (file.relative_to(root).with_suffix("") for file in root.rglob("*.yaml"))
    return sorted(
        name.as_posix()
        for name in names
        if name.parts[0] not in OTHER_FOLDERS and not any(part.startswith("_") for part in name.parts)
    )


def known_workloads() -> list[str]:
    """Return the names of the shipped workloads, such as ``gemv``, sorted."""
    return sorted(file.stem for file in (arch_configs_folder() / WORKLOADS).glob("*.yaml"))


def known_sweeps() -> list[str]:
    """Return the names of the shipped sweeps, sorted."""
    return sorted(file.stem for file in (arch_configs_folder() / SWEEPS).glob("*.yaml"))


def sweep_file(name_or_path: str | Path) -> str | Path:
    """Return what locates a sweep: a name below ``arch_configs/sweep``, or a path as it is."""
    path = Path(name_or_path)
    return path if path.suffix in SUFFIXES else f"{SWEEPS}/{name_or_path}"


def workload_file(name_or_path: str | Path) -> str | Path:
    """Return what locates a workload: a name below ``arch_configs/workload``, or a path as it is."""
    path = Path(name_or_path)
    return path if path.suffix in SUFFIXES else f"{WORKLOADS}/{name_or_path}"


def locate(name_or_path: str | Path, beside: Path | None = None) -> Path:
    """Return the file that a name below ``arch_configs`` or a path stands for.

    A word with the suffix of a file is a path first and a name second, any other the reverse.

    Parameters
    ----------
    name_or_path
        Such as ``memory/ddr4-2400`` or ``my/arch.yaml``.
    beside
        The folder relative paths start from; the current one if none.

    Raises
    ------
    NotFoundError
        Where there is no such file; with the nearest name.
    """
    path = (beside or Path()) / name_or_path
    if path.suffix in SUFFIXES:
        candidates = (path, arch_configs_folder() / name_or_path)
    else:
        candidates = (arch_configs_folder() / f"{name_or_path}.yaml", path)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    if path.is_dir():
        raise NotFoundError("should be a file and is a folder")
    raise NotFoundError(_unlike_any_file(path) or _unlike_any_name(str(name_or_path)))


def display_name(file: Path) -> str:
    """Return how messages name a file: relative to the current folder where it lies below it."""
    absolute = file.absolute()
    here = Path.cwd()
    return os.path.relpath(absolute, here) if absolute.is_relative_to(here) else str(absolute)


def _unlike_any_file(path: Path) -> str | None:
    """Say what file was expected; none where the name is more likely one below ``arch_configs``."""
    if path.suffix not in SUFFIXES:
        return None
    folder = path.parent
    if not folder.is_dir():
        is_name = nearest(path.with_suffix("").as_posix(), known_architectures()) is not None
        return None if is_name else f"should be an existing file; there is no folder {display_name(folder)}"
    near = nearest(path.name, [file.name for file in folder.iterdir() if file.suffix in SUFFIXES])
    return (
        f"should be an existing file; the nearest there is '{near}'" if near else "should be an existing file"
    )


def _unlike_any_name(name: str) -> str:
    folder, _, workload = name.partition("/")
    if folder == WORKLOADS:
        return f"{one_of(workload, known_workloads(), 'workload')}, or a file"
    if folder == SWEEPS:
        return f"{one_of(workload, known_sweeps(), 'sweep')}, or a file"
    known = known_architectures()
    by_last_part = {candidate.rsplit("/", 1)[-1]: candidate for candidate in known}
    near = nearest(name, known)
    if near is None and (part := nearest(name.rsplit("/", 1)[-1], by_last_part)) is not None:
        near = by_last_part[part]
    if near is not None:
        return f"should be a file or a known architecture; the nearest is '{near}'"
    return f"should be a file or a known architecture: one of {', '.join(known)}"
