"""What every section of an architecture file shares: strict fields, no unknown keys, frozen once read."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Section(BaseModel):
    """A part of an architecture file. Unknown keys and loosely typed values are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Choice(StrEnum):
    """Named choices of an architecture file. Strict as sections are, they take the plain text YAML gives."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.enum_schema(cls, list(cls), sub_type="str", strict=False)


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        lower = 1 << (value.bit_length() - 1)
        raise ValueError(f"should be a power of two; the nearest are {lower} and {2 * lower}")
    return value


PositiveInt = Annotated[int, Field(gt=0, le=2**40)]
"""A count or a number of cycles that fits where compiled code computes with it."""
PowerOfTwo = Annotated[int, Field(gt=0), AfterValidator(_power_of_two)]
