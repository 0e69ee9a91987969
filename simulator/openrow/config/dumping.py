"""An architecture as plain data, to store with a result, and its hash."""

import hashlib
import json
from typing import Any

from openrow.config.architecture import Architecture


def dump(architecture: Architecture) -> dict[str, Any]:
    """Return an architecture as dictionaries, lists and scalars, every default spelt out.

    ``architecture_from_dict(dump(architecture))`` is equal to ``architecture``, also by way of JSON.
    """
    return architecture.model_dump(mode="json")


def configuration_hash(architecture: Architecture) -> str:
    """Return the SHA-256 of an architecture, in hexadecimal: that of its canonical JSON."""
    canonical = json.dumps(dump(architecture), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
