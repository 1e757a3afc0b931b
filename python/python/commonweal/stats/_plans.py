"""Plans, doses, and many runs in one number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commonweal._plain import call, vector


class DoseSlope(NamedTuple):
    """A slope held against the effect of the full dose."""

    difference: float
    """|mean slope - mean effect|."""
    se: float
    """Its standard error."""
    z: float | None
    """Difference over error; None where the error is 0."""
    holds: bool
    """Whether the 99 % interval of the normalised slope contains 1."""


def pairs_needed(
    effect: float, sd: float = 1.0, rho: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Pairs that a two-sided test needs to find a mean difference.

    Parameters
    ----------
    effect : float
        The difference, not 0.
    sd : float, default 1
        Standard deviation of each side.
    rho : float, default 0
        Correlation of the pairs.
    alpha : float, default 0.05
        Error of the test.
    power : float, default 0.8
        Chance of finding it.

    Returns
    -------
    int
        Pairs.

    Examples
    --------
    >>> [pairs_needed(0.1, rho=rho) for rho in (0, 0.5, 0.9, 0.99)]
    [1570, 785, 157, 16]
    """
    return int(call("pairs_needed", effect=effect, sd=sd, rho=rho, alpha=alpha, power=power))


def minimum_detectable(n: float, sd: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest mean difference that n pairs find with the given power.

    Parameters
    ----------
    n : float
        Pairs.
    sd : float
        Standard deviation of the differences.
    alpha : float, default 0.05
        Error of the two-sided test.
    power : float, default 0.8
        Chance of finding it.

    Returns
    -------
    float
        In the unit of `sd`.

    Examples
    --------
    >>> round(minimum_detectable(200, 0.2**0.5), 3)
    0.089
    """
    return float(call("minimum_detectable", n=n, sd=sd, alpha=alpha, power=power))


def plan_rates(rate: float, m: float) -> int:
    """Layouts a cell for 80 % power of *bounded* at zero effect, two rates.

    Parameters
    ----------
    rate : float
        The pilot's (k + .5)/(n + 1) in the decoy cell.
    m : float
        The smallest effect that matters.

    Returns
    -------
    int
        Up to the next ten, at least 60.

    Examples
    --------
    >>> [plan_rates((k + 0.5) / 51, 0.05) for k in (0, 2, 5)]
    [90, 280, 520]
    """
    return int(call("plan_rates", rate=rate, m=m))


def plan_mean(sd: float, m: float) -> int:
    """Layouts for 80 % power of *bounded* at zero effect, a mean by `boot_t`.

    Parameters
    ----------
    sd : float
        Standard deviation of the differences, or of the linearised ratio.
    m : float
        The smallest effect that matters.

    Returns
    -------
    int
        Up to the next ten, at least 60.

    Examples
    --------
    >>> plan_mean(0.3, 0.05)
    270
    """
    return int(call("plan_mean", sd=sd, m=m))


def plan_betting(sd: float, m: float, length: float = 2.0) -> int:
    """Layouts for 80 % power of *bounded* at zero effect, a mean by `betting_interval`.

    Parameters
    ----------
    sd : float
        Standard deviation of the values.
    m : float
        The smallest effect that matters.
    length : float, default 2
        Length of the declared range.

    Returns
    -------
    int
        Up to the next ten, at least 60.

    Examples
    --------
    >>> plan_betting(0.2, 0.1)
    90
    """
    return int(call("plan_betting", sd=sd, m=m, length=length))


def power_bounded(rate: float, n: int, m: float) -> float:
    """Power of *bounded* where both cells have one rate, summed over all outcomes.

    Parameters
    ----------
    rate : float
        The rate of both cells.
    n : int
        Layouts a cell, at most 5,000.
    m : float
        The smallest effect that matters.

    Returns
    -------
    float
        The chance that `mover`'s upper limit lies below m.

    Examples
    --------
    >>> round(power_bounded(0.05, 300, 0.05), 4)
    0.8386
    """
    return float(call("power_bounded", rate=rate, n=n, m=m))


def rates_needed(rate: float, m: float, power: float = 0.8) -> int:
    """Least number of layouts a cell, in steps of 10 from 60, with the given `power_bounded`.

    Parameters
    ----------
    rate : float
        The rate of both cells.
    m : float
        The smallest effect that matters.
    power : float, default 0.8
        The power.

    Returns
    -------
    int
        Layouts a cell.

    Examples
    --------
    >>> rates_needed(0.01, 0.05)
    110
    """
    return int(call("rates_needed", rate=rate, m=m, power=power))


def slope_weights(doses: ArrayLike) -> NDArray[np.float64]:
    """Weights whose sum with the responses is the least-squares slope.

    Parameters
    ----------
    doses : array
        Doses, at least two different ones.

    Returns
    -------
    ndarray of float64
        One weight a dose.

    Examples
    --------
    >>> slope_weights([0, 0.25, 0.5, 0.75, 1]).round(6).tolist()
    [-0.8, -0.4, 0.0, 0.4, 0.8]
    """
    return vector(call("slope_weights", doses=doses))


def slopes(responses: ArrayLike, doses: ArrayLike) -> NDArray[np.float64]:
    """Slope of each layout's responses over the doses.

    Parameters
    ----------
    responses : array (layouts, doses)
        What was measured.
    doses : array
        One a column.

    Returns
    -------
    ndarray of float64
        One slope a layout.

    Examples
    --------
    >>> slopes([[0, 0, 1, 1, 1]], [0, 0.25, 0.5, 0.75, 1]).round(6).tolist()
    [1.2]
    """
    return vector(call("slopes", responses=responses, doses=doses))


def dose_slope(slopes: ArrayLike, effects: ArrayLike) -> DoseSlope:
    """Hold slopes of one set of layouts against full effects of another, at 99 %.

    Parameters
    ----------
    slopes : array
        Slopes of layouts A.
    effects : array
        Responses at dose 1 minus at dose 0 of layouts B.

    Returns
    -------
    DoseSlope
        Difference, error, z, and whether it holds.

    Examples
    --------
    >>> dose_slope([0.8, 1.2, 1.2, 0.8], [1, 1, 0, 1]).holds
    True
    """
    return DoseSlope(**call("dose_slope", slopes=slopes, effects=effects))


def dose_at(m: float, none: float, full: float) -> float:
    """Dose at which the effect is exactly m, where it is proportional.

    Parameters
    ----------
    m : float
        The effect.
    none, full : float
        Effects of dose 0 and of dose 1.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> round(dose_at(0.2, 0.05, 0.95), 6)
    0.166667
    """
    return float(call("dose_at", m=m, none=none, full=full))


def binomial_at_most(k: int, n: int, p: float) -> float:
    """Chance of at most k events in n trials of rate p.

    Parameters
    ----------
    k, n : int
        Events and trials.
    p : float
        The rate.

    Returns
    -------
    float
        The chance.

    Examples
    --------
    >>> round(binomial_at_most(16, 200, 0.05), 4)
    0.9762
    """
    return float(call("binomial_at_most", k=k, n=n, p=p))


def iqm(x: ArrayLike) -> float:
    """Interquartile mean: without the lowest and the highest quarter of the values (Agarwal et al. 2021).

    It drops the tail that safety cares about: show the mean and `cvar` of a harm too.

    Parameters
    ----------
    x : array
        Values, one a run and task.

    Returns
    -------
    float
        The mean of the middle half.

    Examples
    --------
    >>> iqm([1, 2, 3, 4, 5, 6, 7, 100])
    4.5
    """
    return float(call("iqm", x=x))


def cvar(x: ArrayLike, share: float = 0.05) -> float:
    """Mean of the worst share of the values, the largest being the worst.

    Parameters
    ----------
    x : array
        Harms.
    share : float, default 0.05
        Above 0, at most 1.

    Returns
    -------
    float
        The mean; the boundary value counts in part.

    Examples
    --------
    >>> cvar([1, 2, 3, 4, 5, 6, 7, 100], 0.25)
    53.5
    """
    return float(call("cvar", x=x, share=share))


def probability_of_improvement(x: ArrayLike, y: ArrayLike) -> float:
    """Share of pairs with x > y, a tie counting one half.

    Parameters
    ----------
    x, y : array
        Values of the two sides, unpaired.

    Returns
    -------
    float
        From 0 to 1; .5 where nothing differs.

    Examples
    --------
    >>> round(probability_of_improvement([3, 4, 5], [1, 4, 2]), 6)
    0.833333
    """
    return float(call("probability_of_improvement", x=x, y=y))


def auc(scores: ArrayLike, positive: ArrayLike) -> float:
    """Area under the ROC curve of scores that should be higher for the positive.

    Parameters
    ----------
    scores : array
        One a case.
    positive : array of bool
        Which cases are positive.

    Returns
    -------
    float
        From 0 to 1; .5 where scores tell nothing.

    Examples
    --------
    >>> auc([0.9, 0.4, 0.5, 0.1], [1, 1, 0, 0])
    0.75
    """
    return float(call("auc", scores=scores, positive=positive))
