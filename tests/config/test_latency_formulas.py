import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrow.config.latency_formula import FormulaError, UnknownTimingError, evaluate, timings_in

TIMINGS = {"nCL": 16, "nBL": 4, "nCWL": 12, "nRRDS": 4, "nFAW": 26}


@pytest.mark.parametrize(
    ("formula", "cycles"),
    [
        (7, 7),
        ("7", 7),
        ("nCL", 16),
        ("nCL + nBL + 2 - nCWL", 10),
        ("nCWL - nCL - 1", -5),
        ("2 * nBL + 3", 11),
        ("2 * (nBL + 3)", 14),
        ("max(nFAW, 4 * nRRDS)", 26),
        ("min(nFAW, 4 * nRRDS, 17)", 16),
        ("-nBL + 5", 1),
        ("  nCL\n + 1 ", 17),
    ],
)
def test_a_formula_comes_to_its_value(formula: str | int, cycles: int) -> None:
    assert evaluate(formula, TIMINGS) == cycles


@pytest.mark.parametrize(
    ("formula", "token"),
    [
        ("nCL / 2", "/"),
        ("nCL ** 2", "**"),
        ("nCL % 2", "%"),
        ("1.5", "."),
        ("nCL.real", "."),
        ("nCL[0]", "["),
        ("'nCL'", "'"),
        ("max(x=1)", "="),
        ("True", "True"),
        ("max()", "max()"),
        ("max(*nCL)", "*nCL"),
        ("max(nCL)(2)", "max(nCL)(2)"),
        ("abs(nCL)", "abs"),
        ("__import__(nCL)", "__import__"),
        ("nCL if nBL else 2", "nCL if nBL else 2"),
        ("nCL nBL", "nBL"),
        ("nCL +", "nCL +"),
        ("(nCL", "(nCL"),
        ("010", "010"),
        ("", ""),
        ("nCL\x00", "\x00"),
    ],
)
def test_anything_beyond_the_grammar_is_refused_by_name(formula: str, token: str) -> None:
    with pytest.raises(FormulaError) as caught:
        evaluate(formula, TIMINGS)
    assert caught.value.token == token
    assert repr(formula) in str(caught.value)


def test_parentheses_without_end_are_refused() -> None:
    with pytest.raises(FormulaError, match="does not parse"):
        evaluate("(" * 150, TIMINGS)


def test_a_formula_without_end_is_refused() -> None:
    with pytest.raises(FormulaError, match="should end by character 200"):
        evaluate("1+" * 500 + "1", TIMINGS)


def test_an_unknown_timing_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownTimingError) as caught:
        evaluate("nCl + nBL", TIMINGS)
    assert caught.value.token == "nCl"
    assert str(caught.value) == "'nCl' in the formula 'nCl + nBL' is no known timing; the nearest is 'nCL'"


def test_an_unknown_timing_like_no_other_is_named_alone() -> None:
    with pytest.raises(UnknownTimingError, match=r"is no known timing$"):
        evaluate("zzz", TIMINGS)


def test_the_timings_of_a_formula_are_listed_once_in_order() -> None:
    assert timings_in("max(nCWL, nBL) + nCWL * nX") == ["nCWL", "nBL", "nX"]
    assert timings_in(5) == []


FORMULAS = st.recursive(
    st.integers(0, 999).map(str) | st.sampled_from(sorted(TIMINGS)),
    lambda part: (
        st.tuples(part, st.sampled_from("+-*"), part).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | st.tuples(st.sampled_from(["max", "min"]), part, part).map(lambda p: f"{p[0]}({p[1]}, {p[2]})")
    ),
    max_leaves=8,
)


@given(FORMULAS)
def test_a_formula_is_worth_what_the_same_arithmetic_gives(formula: str) -> None:
    scope = {"__builtins__": {}, "max": max, "min": min, **TIMINGS}
    assert evaluate(formula, TIMINGS) == eval(formula, scope)
