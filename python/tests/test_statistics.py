"""`cw.stats` and `cw.measures`: worked values, bits, refusals; scipy, statsmodels, lifelines beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from scipy import stats as sp
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

import commonweal as cw
from commonweal import _core

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
GOLDEN: dict[str, dict[str, Any]] = json.loads((DATA / "measures_golden.json").read_text("utf-8"))
CALLS: dict[str, list[tuple[str, dict[str, Any], list[str]]]] = json.loads(
    (DATA / "measures_calls.json").read_text("utf-8")
)
BITS: dict[str, list[float]] = json.loads((DATA / "measures_bits.json").read_text("utf-8"))


def function(name: str) -> Any:
    return getattr(cw.stats if name in cw.stats.__all__ else cw.measures, name)


def flat(value: Any) -> list[float]:
    if isinstance(value, list | tuple | np.ndarray):
        return [number for one in value for number in flat(one)]
    return [float(value)]


def picked(answer: Any, parts: list[str]) -> list[float]:
    match parts:
        case []:
            return flat(answer)
        case ["sum"]:
            total = 0.0
            for number in flat(answer):
                total += number
            return [total]
        case ["one_minus"]:
            return [1.0 - flat(answer)[0]]
        case [field, "last"]:
            return flat(getattr(answer, field))[-1:]
        case _:
            return [number for field in parts for number in flat(getattr(answer, field))]


@pytest.mark.parametrize("name", sorted(CALLS))
def test_worked_values_are_met_to_the_bit_of_the_core(name: str) -> None:
    got = [
        number for call, given_, parts in CALLS[name] for number in picked(function(call)(**given_), parts)
    ]
    assert got == pytest.approx(flat(GOLDEN[name]["value"]), abs=GOLDEN[name]["tol"])
    assert got == BITS[name]


def test_the_linear_public_good_is_a_dilemma() -> None:
    cooperator, defector = GOLDEN["schelling.pgg"]["value"]
    game = cw.measures.schelling(cooperator, defector)
    assert game.dilemma
    assert game.gain == pytest.approx([0.6] * 4)


def test_every_function_of_the_engine_is_offered() -> None:
    statistics, measures = _core._statistics()
    assert set(statistics) <= set(cw.stats.__all__)
    assert set(measures) <= set(cw.measures.__all__)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: cw.measures.gini([1, np.nan, 2]), ValueError, r"x\[1\] is not a finite number"),
        (lambda: cw.measures.gini([0, 0]), ValueError, "x must hold numbers .* undefined_zero_total"),
        (lambda: cw.measures.gini(["a"]), TypeError, "x must hold numbers, not list of"),
        (lambda: cw.measures.gini([[1, 2]]), TypeError, r"x\[0\] must be a number"),
        (lambda: cw.measures.externality_loss([1, 2], [0, 0]), ValueError, "undefined_reference"),
        (lambda: cw.measures.shapley([1, 2, 3]), ValueError, "values must hold"),
        (lambda: cw.measures.peace([[0, 2]]), ValueError, r"timed_out\[0\] must hold nothing but 0 and 1"),
        (lambda: cw.measures.efficiency([[1, 2], [3]]), ValueError, "rewards must hold rows of one length"),
        (lambda: cw.stats.clopper_pearson(4, 3), ValueError, "k must lie between 0 and n"),
        (lambda: cw.stats.clopper_pearson(1, 3, level=1.5), ValueError, "level must lie between"),
        (lambda: cw.stats.clopper_pearson(float("inf"), 3), ValueError, "k is not a finite number"),
        (lambda: cw.stats.betting_interval([0.5, 2], 0, 1), ValueError, "x must hold .* from lo to hi"),
        (lambda: cw.stats.boot_t([1.0] * 60, [1.0] * 60), ValueError, "use betting_range"),
        (lambda: cw.stats.bootstrap_bca([3, 3, 3]), ValueError, "no BCa interval"),
        (lambda: cw.stats.rmst([1, 2], [0, 0], 9), ValueError, "not beyond what was observed"),
        (lambda: cw.stats.holm([0.5, 2]), ValueError, "p must hold numbers from 0 to 1"),
    ],
)
def test_refusals_name_the_argument(call: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()


def test_a_wrong_name_or_argument_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="there is no function ginny"):
        _core._statistic("ginny", {})
    with pytest.raises(TypeError, match="gini takes no argument y"):
        _core._statistic("gini", {"x": [1.0], "y": 1.0})


def test_records_are_named_as_users_name_them() -> None:
    assert cw.stats.Limits.__module__ == "commonweal.stats"
    assert cw.measures.Concentration.__module__ == "commonweal.measures"


@given(st.integers(0, 300), st.integers(1, 300), st.floats(0.6, 0.999))
def test_clopper_pearson_and_jeffreys_against_scipy_and_statsmodels(k: int, n: int, level: float) -> None:
    k = min(k, n)
    exact = sp.binomtest(k, n).proportion_ci(2 * level - 1, method="exact")
    assert cw.stats.clopper_pearson(k, n, level) == pytest.approx((exact.low, exact.high), abs=1e-9)
    if 0 < k < n:
        other = proportion_confint(k, n, 2 * (1 - level), method="jeffreys")
        assert cw.stats.jeffreys(k, n, level) == pytest.approx(other, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_against_statsmodels(p: list[float]) -> None:
    assert cw.stats.holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)
    assert cw.stats.benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-12)


@pytest.mark.parametrize(
    "table", [(8, 10, 2, 10), (3, 15, 9, 12), (0, 20, 4, 25), (7, 7, 1, 9), (5, 10, 5, 10)]
)
def test_boschloo_against_scipy(table: tuple[int, int, int, int]) -> None:
    k1, n1, k2, n2 = table
    other = sp.boschloo_exact([[k1, k2], [n1 - k1, n2 - k2]], n=64).pvalue
    assert cw.stats.boschloo(*table) == pytest.approx(other, rel=2e-3)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_against_scipy(b: int, c: int) -> None:
    want = sp.binomtest(b, b + c).pvalue if b + c else 1.0
    assert cw.stats.mcnemar(b, c) == pytest.approx(want, abs=1e-12)


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=10))
def test_sign_flip_against_scipy(d: list[int]) -> None:
    other = sp.permutation_test(
        (np.array(d, float),),
        lambda x, axis: x.sum(axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    # Scipy doubles the smaller tail; the distribution is symmetric, so that this is the same.
    assert cw.stats.sign_flip(d).p == pytest.approx(min(1.0, float(other.pvalue)), abs=1e-9)


def test_paired_tost_and_severity_against_scipy() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(1, 2, 40)
    y = 0.7 * x + rng.normal(0, 1, 40)
    found = cw.stats.paired(x, y, level=0.975)
    t = sp.ttest_rel(x, y)
    assert (found.lower, found.upper) == pytest.approx(tuple(t.confidence_interval(0.95)), abs=1e-9)
    assert found.correlation == pytest.approx(sp.pearsonr(x, y).statistic, abs=1e-12)
    both = cw.stats.tost(found.difference, found.se, 39, 1.0)
    lower = sp.t.sf((found.difference + 1) / found.se, 39)
    upper = sp.t.cdf((found.difference - 1) / found.se, 39)
    assert both.p == pytest.approx(max(lower, upper), abs=1e-12)
    assert cw.stats.severity(0.02, 0.03, 0.1) == pytest.approx(sp.norm.cdf(0.08 / 0.03), abs=1e-12)


def test_bca_against_scipy() -> None:
    x = np.random.default_rng(5).exponential(1, 60)
    ours = cw.stats.bootstrap_bca(x, level=0.975)
    other = sp.bootstrap((x,), np.mean, n_resamples=9999, method="BCa", rng=1).confidence_interval
    assert ours == pytest.approx((other.low, other.high), abs=0.03)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40), st.integers(1, 20))
def test_survival_against_lifelines(rows: list[tuple[int, bool]], tau: int) -> None:
    times, observed = [time for time, _ in rows], [seen for _, seen in rows]
    fitted = KaplanMeierFitter().fit(times, observed)
    curve = cw.stats.kaplan_meier(times, observed)
    if curve.times.size:
        assert curve.survival == pytest.approx(fitted.predict(curve.times), abs=1e-12)
    if tau <= max(times):
        area = restricted_mean_survival_time(fitted, t=tau)
        assert cw.stats.rmst(times, observed, tau) == pytest.approx(area, abs=1e-9)


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=30), st.lists(st.integers(0, 9), min_size=1, max_size=30)
)
def test_improvement_and_iqm_against_scipy(x: list[int], y: list[int]) -> None:
    u = sp.mannwhitneyu(x, y, method="asymptotic").statistic if len({*x, *y}) > 1 else len(x) * len(y) / 2
    assert cw.stats.probability_of_improvement(x, y) == pytest.approx(u / (len(x) * len(y)))
    assert cw.stats.iqm(x) == pytest.approx(sp.trim_mean(x, 0.25))


@given(st.integers(1, 300), st.floats(0.01, 0.99))
def test_binomial_against_scipy(n: int, p: float) -> None:
    k = n // 3
    assert cw.stats.binomial_at_most(k, n, p) == pytest.approx(sp.binom.cdf(k, n, p), abs=1e-10)


def test_arrays_of_any_kind_give_the_same() -> None:
    want = cw.measures.gini([1.0, 2.0, 3.0])
    for x in (np.array([1, 2, 3], np.int8), np.array([1, 2, 3], np.float32), (1, 2, 3), range(1, 4)):
        assert cw.measures.gini(x) == want
    strided = np.arange(1, 13).reshape(4, 3)[:, 0]
    assert cw.measures.gini(strided) == cw.measures.gini([1, 4, 7, 10])
