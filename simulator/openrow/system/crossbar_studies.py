"""Studies of crossbar numerics as results: rows, and everything needed to repeat them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from openrow.config.crossbar import CrossbarSettings
from openrow.config.loading import load_architecture
from openrow.config.problems import one_of
from openrow.config.shipped import known_architectures
from openrow.crossbar.levels import distortions
from openrow.crossbar.studies import converter_study, digits_study
from openrow.crossbar.studies.converter_study import Converter
from openrow.crossbar.studies.digits import accuracy, digits, plain_scores, trained
from openrow.errors import UserError
from openrow.system.crossbar_claims import claims
from openrow.system.crossbar_measuring import measure
from openrow.system.result import versions

Tree = dict[str, Any]


class StudyError(UserError):
    """A study that is asked for something it does not have."""


def digits_tree(
    settings: CrossbarSettings,
    parts: Sequence[str] = (),
    images: int = 500,
    repeats: int = 4,
    advance: Callable[[str, float], None] = lambda _what, _share: None,
) -> Tree:
    """Return the accuracy of the digits network on crossbars against whatever ``parts`` vary, all if none.

    Parameters
    ----------
    settings
        What is not varied.
    parts
        Names of ``digits_study.PARTS``.
    images
        How many of the 500 unseen images are told.
    repeats
        Runs of what draws random numbers.
    advance
        Told what is being varied and which share has been done.

    Raises
    ------
    StudyError
        For an unknown part.
    ModuleNotFoundError
        If scikit-learn, which ships the images, is not installed.
    """
    known = digits_study.PARTS
    for name in parts:
        if name not in known:
            raise StudyError(f"part '{name}' {one_of(name, list(known), 'part')}")
    chosen = {name: part for name, part in known.items() if not parts or name in parts}
    unseen = digits()[1].first(images)
    count = sum(len(part.values) for part in chosen.values())
    found = []
    for point in digits_study.points(settings, unseen, chosen, repeats):
        found.append(point.as_dict())
        advance(known[point.part].title, len(found) / count)
    return {
        "study": "digits",
        "images": len(unseen.labels),
        "plain_accuracy": accuracy(plain_scores(trained(), unseen.images), unseen.labels),
        "accuracy": digits_study.accuracy_of(settings, unseen),
        "parts": {name: {"title": part.title, "axis": part.axis} for name, part in chosen.items()},
        "points": found,
        **_provenance(settings),
    }


def converters_of(architectures: Sequence[str]) -> list[Converter]:
    """Return the converters that architectures with crossbars choose theirs from.

    Raises
    ------
    StudyError
        For an architecture without crossbars.
    ConfigurationError
        For one that cannot be read.
    """
    found = []
    for name in architectures:
        hardware = load_architecture(name).crossbar
        if hardware is None:
            raise StudyError(f"{name}: has no section crossbar, so there are no converters in it")
        found += [Converter(name, 1 << each.bits, each.energy_pj) for each in hardware.adc.converters]
    return found


def shipped_crossbars() -> list[str]:
    """Return the names of the shipped architectures with crossbars."""
    return [name for name in known_architectures() if name.startswith("crossbar/")]


def converters_tree(
    architectures: Sequence[str] = (),
    size: int = converter_study.SIZE,
    advance: Callable[[str, float], None] = lambda _what, _share: None,
) -> Tree:
    """Return error and energy of a product of ``size`` under every converter of ``architectures``.

    Raises
    ------
    StudyError
        For an architecture without crossbars.
    ConfigurationError
        For one that cannot be read.
    """
    names = list(architectures) or shipped_crossbars()
    converters = converters_of(names)
    count = len(converters) * len(converter_study.HEIGHTS) * len(converter_study.SLICINGS)
    found: list[Tree] = []
    for choice in converter_study.choices(converters, size=size):
        found.append(choice.as_dict())
        advance("multiplying", len(found) / count)
    return {
        "study": "converters",
        "architectures": names,
        "size": size,
        "points": found,
        "versions": versions(),
    }


def claims_tree(size: int = 224, advance: Callable[[str, float], None] = lambda _what, _share: None) -> Tree:
    """Return what comes of the claims on MemIntelli's performance, measured on images of ``size``."""
    found = measure(size, advance)
    return {
        "study": "claims",
        "size": size,
        "claims": [asdict(claim) for claim in claims(found)],
        "measured": [
            {
                "way": way,
                "slices": slices,
                "cpu_s": one.seconds,
                "peak_bytes": one.peak_bytes,
                "relative_error": one.error,
            }
            for (way, slices), one in found.by_way.items()
        ],
        "versions": versions(),
    }


def _provenance(settings: CrossbarSettings) -> Tree:
    return {
        "notes": list(distortions(settings)),
        "versions": versions() | {"scikit-learn": version("scikit-learn")},
        "settings": settings.model_dump(mode="json"),
    }
