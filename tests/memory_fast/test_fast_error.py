"""The error of fidelity fast is what its results say."""

from openrow.memory.fast.error import RECORDED, SHIPPED
from openrow.validation.fast_error import fast_errors, measured_error


def test_the_error_is_the_one_printed_beside_results() -> None:
    assert measured_error(fast_errors()) == (RECORDED, SHIPPED)


def test_cycles_are_within_five_per_cent_of_the_recorded_ones() -> None:
    assert RECORDED.worst_percent <= 5
