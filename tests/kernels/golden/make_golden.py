"""Write torch_reference.npz: run ``python tests/kernels/golden/make_golden.py`` where torch is installed.

The stored file was written with torch 2.13.0 (CPU build).
"""

import sys
from pathlib import Path

import numpy as np


def main() -> None:
    """Run every case through torch and store inputs, outputs and what was read."""
    tests, root = Path(__file__).parents[1], Path(__file__).parents[3]
    sys.path[:0] = [str(tests), str(root / "kernels")]
    import torch_reference

    arrays: dict[str, np.ndarray] = {}
    for case in torch_reference.new_cases():
        for name, values in case.inputs.items():
            arrays[f"{case.name}/input/{name}"] = values
        operator = torch_reference.OPERATORS[case.operator]
        arrays[f"{case.name}/output"] = operator(case.inputs, **case.arguments)
        for name in case.maps():
            arrays[f"{case.name}/read/{name}"] = torch_reference.needed(operator, case, name)
    np.savez_compressed(torch_reference.STORED, allow_pickle=False, **arrays)


if __name__ == "__main__":
    main()
