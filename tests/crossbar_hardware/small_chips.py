"""Small chips and networks whose times can be counted."""

from typing import Any

from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.crossbar.network_shape import IMAGE, LayerShape, Pool
from openrow.crossbar.rows import Window

POINT = Window((1, 1))


def hardware(**changes: Any) -> CrossbarHardware:
    """A chip of 8 x 8 arrays with round figures; ``a__b=...`` changes what lies below."""
    plain: dict[str, Any] = {
        "name": "small",
        "source": "made up",
        "numerics": {
            "input_slices": [1, 1, 1, 1],
            "weight_slices": [1, 1],
            "input_block": [8, 8],
            "weight_block": [8, 8],
            "conductance_levels": 2,
            "dac_levels": 2,
            "adc_levels": 16,
        },
        "array": {"rows": 8, "columns": 8, "read_ns": 10.0, "energy_pj_per_cell": 0.01, "area_um2": 100.0},
        "dac": {"converters": [{"bits": 1, "time_ns": 0.0, "energy_pj": 0.5, "area_um2": 1.0}]},
        "sample_and_hold": {"energy_pj": 0.125, "area_um2": 2.0},
        "adc": {
            "columns": 8,
            "converters": [
                {"bits": 4, "time_ns": 1.0, "energy_pj": 1.0, "area_um2": 50.0},
                {"bits": 8, "time_ns": 2.0, "energy_pj": 2.0, "area_um2": 80.0},
            ],
        },
        "shift_add": {"time_ns": 3.0, "energy_pj": 0.25, "area_um2": 10.0},
        "registers": {"energy_pj": 2.0, "area_um2": 20.0},
        "tile": {
            "arrays": 4,
            "input_buffer": buffer(4096),
            "output_buffer": buffer(4096),
            "digital": {"operations_per_ns": 8.0, "energy_pj": 0.5, "area_um2": 30.0},
        },
        "tiles": 16,
        "link": {"bandwidth_gb_per_s": 2.0, "energy_pj_per_byte": 3.0, "hop_ns": 1.0, "area_um2": 40.0},
        "write": {"pulse_ns": 100.0, "energy_pj": 1.5},
    }
    for path, value in changes.items():
        *above, name = path.split("__")
        section = plain
        for part in above:
            section = section[part]
        section[name] = value
    return CrossbarHardware.model_validate(plain)


def buffer(size: int) -> dict[str, Any]:
    """A buffer of so many bytes."""
    return {"bytes": size, "bandwidth_gb_per_s": 4.0, "energy_pj_per_byte": 0.1, "area_um2": 70.0}


def chain(*outputs: int, image: int = 4, channels: int = 2, kernel: int = 3) -> tuple[LayerShape, ...]:
    """Convolutions of 3 x 3 one after another, each with so many outputs."""
    layers: list[LayerShape] = []
    window = Window((kernel, kernel), (1, 1), (kernel // 2, kernel // 2))
    for number, count in enumerate(outputs):
        source = layers[-1].name if layers else IMAGE
        inputs = layers[-1].outputs if layers else channels
        layers.append(LayerShape(f"layer{number}", source, inputs, (image, image), count, window))
    return tuple(layers)


def residual(image: int = 6) -> tuple[LayerShape, ...]:
    """A pooled convolution, a block with a shortcut, another one with a projection, and a classifier."""
    same, halved = Window((3, 3), (1, 1), (1, 1)), Window((3, 3), (2, 2), (1, 1))
    half = (image + 1) // 2
    quarter = (half + 1) // 2
    return (
        LayerShape(
            "stem", IMAGE, 1, (image, image), 4, same, rectified=True, pool=Pool("largest", halved)
        ),
        LayerShape("a1", "stem", 4, (half, half), 4, same, rectified=True),
        LayerShape("a2", "a1", 4, (half, half), 4, same, adds="stem", rectified=True),
        LayerShape("b1", "a2", 4, (half, half), 6, halved, rectified=True),
        LayerShape("short", "a2", 4, (half, half), 6, Window((1, 1), (2, 2))),
        LayerShape(
            "b2", "b1", 6, (quarter, quarter), 6, same, adds="short", rectified=True,
            pool=Pool("mean", Window((quarter, quarter), (quarter, quarter))),
        ),
        LayerShape("end", "b2", 6, (1, 1), 5, POINT),
    )  # fmt: skip
