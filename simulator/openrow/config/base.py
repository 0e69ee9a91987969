"""What every section of an architecture file shares: strict fields, no unknown keys, frozen once read."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of an architecture file. Unknown keys and loosely typed values are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        lower = 1 << (value.bit_length() - 1)
        raise ValueError(f"must be a power of two (the nearest are {lower} and {2 * lower})")
    return value


PositiveInt = Annotated[int, Field(gt=0)]
PowerOfTwo = Annotated[int, Field(gt=0), AfterValidator(_power_of_two)]
