"""Tests, sequences of looks, survival curves."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commonweal._plain import call, vector
from commonweal.stats._limits import Limits


class SignFlip(NamedTuple):
    """p of a sign-flip test."""

    p: float
    """Two-sided."""
    p_greater: float
    """Against a mean above 0."""
    exact: bool
    """Whether all sign patterns were gone through."""


class Tost(NamedTuple):
    """Two one-sided tests of equivalence."""

    p: float
    """p of "the mean lies at or outside the margin"."""
    lower: float
    """Lower limit."""
    upper: float
    """Upper limit."""


class Difference(NamedTuple):
    """A difference of differences."""

    difference: float
    """p[0] - p[1] - p[2] + p[3]."""
    se: float
    """Its planning error."""


class EProcess(NamedTuple):
    """An e-process."""

    e: NDArray[np.float64]
    """E after each observation."""
    rejects_at: int | None
    """Number of observations at which E first reached 1/alpha; None where it never did."""


class Sprt(NamedTuple):
    """A sequential probability ratio test."""

    decision: Literal["reject", "accept", "go_on"]
    """Reject p0, accept it (reject p1), or go on."""
    n: int
    """Observations used."""
    log_ratio: float
    """Log likelihood ratio where it stopped."""
    upper: float
    """Upper bound."""
    lower: float
    """Lower bound."""
    event_step: float
    """Step of an event."""
    other_step: float
    """Step of no event."""


class KaplanMeier(NamedTuple):
    """A survival curve at the times with an event."""

    times: NDArray[np.float64]
    """Times with at least one event, ascending."""
    survival: NDArray[np.float64]
    """Share without an event after each."""
    at_risk: NDArray[np.float64]
    """Observed up to each."""
    events: NDArray[np.float64]
    """Events at each."""


def sign_flip(d: ArrayLike, seed: int = 0) -> SignFlip:
    """Sign-flip test of paired differences.

    Up to 20 differences all sign patterns, else 9,999 drawn ones. Below six differences the two-sided p
    cannot be under .05.

    Parameters
    ----------
    d : array
        Differences.
    seed : int, default 0
        Of the drawn patterns, where there are more than 20 differences.

    Returns
    -------
    SignFlip
        p against either side and against a mean above 0.

    Examples
    --------
    >>> sign_flip([1, 2, 3, 4, 5]).p
    0.0625
    """
    return SignFlip(**call("sign_flip", d=d, seed=seed))


def mcnemar(b: float, c: float) -> float:
    """McNemar's exact two-sided p.

    Parameters
    ----------
    b, c : float
        Discordant pairs: an event on the first side only, on the second only.

    Returns
    -------
    float
        p.

    Examples
    --------
    >>> round(mcnemar(8, 1), 7)
    0.0390625
    """
    return float(call("mcnemar", b=b, c=c))


def boschloo(k1: int, n1: int, k2: int, n2: int) -> float:
    """Boschloo's exact two-sided p of two independent rates, at most 1,000 layouts a cell.

    Parameters
    ----------
    k1, n1 : int
        Events and layouts of the first cell.
    k2, n2 : int
        Those of the second.

    Returns
    -------
    float
        Twice the smaller one-sided p, at most 1.

    Examples
    --------
    >>> round(boschloo(8, 10, 2, 10), 4)
    0.0118
    """
    return float(call("boschloo", k1=k1, n1=n1, k2=k2, n2=n2))


def bootstrap_bca(x: ArrayLike, level: float = 0.95, seed: int = 0) -> Limits:
    """Limits of a mean by the bias-corrected and accelerated bootstrap (Efron 1987), 9,999 resamples.

    No verdict rests on it: where all values tie, which is where a gate must say *bounded*, it has no answer.

    Parameters
    ----------
    x : array
        Values, not all equal.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.
    seed : int, default 0
        Of the resamples.

    Returns
    -------
    Limits
        `lower` and `upper`.

    Examples
    --------
    >>> limits = bootstrap_bca([1, 2, 3, 4, 5, 6, 7, 100])
    >>> limits.lower < 16 < limits.upper
    True
    """
    return Limits(**call("bootstrap_bca", x=x, level=level, seed=seed))


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Holm's adjusted p: the chance of any false rejection is bounded.

    Parameters
    ----------
    p : array
        p values.

    Returns
    -------
    ndarray of float64
        Adjusted p, in the order given.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005]).round(6).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    return vector(call("holm", p=p))


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p by Benjamini and Hochberg: the expected share of false rejections is bounded.

    Parameters
    ----------
    p : array
        p values of independent tests.

    Returns
    -------
    ndarray of float64
        Adjusted p, in the order given.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).round(6).tolist()
    [0.02, 0.04, 0.04, 0.02]
    """
    return vector(call("benjamini_hochberg", p=p))


def tost(mean: float, se: float, df: float, margin: float, level: float = 0.95) -> Tost:
    """Equivalence of a mean to 0 by two one-sided t tests (Schuirmann 1987), for display.

    Parameters
    ----------
    mean : float
        The estimate.
    se : float
        Its standard error, above 0.
    df : float
        Degrees of freedom.
    margin : float
        Equivalent means lie inside plus or minus this.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Tost
        p and limits.

    Examples
    --------
    >>> round(tost(0.02, 0.03, 49, 0.1).p, 6)
    0.005175
    """
    return Tost(**call("tost", mean=mean, se=se, df=df, margin=margin, level=level))


def severity(observed: float, se: float, m: float) -> float:
    """Severity with which "the effect is below m" has passed (Mayo & Spanos 2006), for display.

    Parameters
    ----------
    observed : float
        The estimate.
    se : float
        Its standard error, above 0.
    m : float
        The effect.

    Returns
    -------
    float
        P(D > observed) if the effect were m.

    Examples
    --------
    >>> round(severity(0.02, 0.03, 0.1), 3)
    0.996
    """
    return float(call("severity", observed=observed, se=se, m=m))


def difference_in_differences(p: ArrayLike, n: ArrayLike) -> Difference:
    """Difference of differences of rates with its planning error; limits: `mover4`.

    Parameters
    ----------
    p : array of 4
        Rates of the cells 11, 10, 01, 00.
    n : array of 4
        Their layouts.

    Returns
    -------
    Difference
        `difference` and `se`.

    Examples
    --------
    >>> found = difference_in_differences([0.8, 0.2, 0.1, 0.1], [50, 50, 50, 50])
    >>> round(found.difference, 6), round(found.se, 6)
    (0.6, 0.1)
    """
    return Difference(**call("difference_in_differences", p=p, n=n))


def e_process(x: ArrayLike, p0: float, p1: float, alpha: float = 0.05) -> EProcess:
    """Test a rate with a look after every observation.

    For exploring: a verdict has its number of layouts in the plan.

    Parameters
    ----------
    x : array
        Observations from 0 to 1, events 0 or 1.
    p0 : float
        "The rate is at most p0" is tested.
    p1 : float
        The rate that is bet on.
    alpha : float, default 0.05
        E at or above 1/alpha rejects.

    Returns
    -------
    EProcess
        E after each observation, and where it first rejects.

    Examples
    --------
    >>> round(float(e_process([1, 1], 0.05, 0.3).e[-1]), 6)
    36.0
    """
    found = call("e_process", x=x, p0=p0, p1=p1, alpha=alpha)
    return EProcess(vector(found["e"]), found["rejects_at"])


def sprt(x: ArrayLike, p0: float, p1: float, alpha: float = 0.05, beta: float = 0.1) -> Sprt:
    """Wald's sequential probability ratio test of rate p0 against p1.

    Parameters
    ----------
    x : array
        Events, 0 or 1, in order.
    p0, p1 : float
        The two rates.
    alpha : float, default 0.05
        Error of rejecting p0.
    beta : float, default 0.1
        Error of rejecting p1.

    Returns
    -------
    Sprt
        The decision, where it was made, bounds and steps.

    Examples
    --------
    >>> found = sprt([1, 1, 0], 0.05, 0.3)
    >>> found.decision, found.n
    ('reject', 2)
    """
    return Sprt(**call("sprt", x=x, p0=p0, p1=p1, alpha=alpha, beta=beta))


def kaplan_meier(times: ArrayLike, observed: ArrayLike) -> KaplanMeier:
    """Kaplan-Meier curve of times to an event.

    Parameters
    ----------
    times : array
        Times, at least 0.
    observed : array of bool
        Whether the time is that of the event, not of the end of watching.

    Returns
    -------
    KaplanMeier
        The curve at the times with an event.

    Examples
    --------
    >>> kaplan_meier([2, 3, 4, 5, 6], [1, 0, 1, 0, 1]).survival.round(4).tolist()
    [0.8, 0.5333, 0.0]
    """
    found = call("kaplan_meier", times=times, observed=observed)
    return KaplanMeier(**{name: vector(values) for name, values in found.items()})


def rmst(times: ArrayLike, observed: ArrayLike, tau: float) -> float:
    """Restricted mean survival time: the mean time without the event, up to tau.

    Parameters
    ----------
    times, observed : array
        As for `kaplan_meier`.
    tau : float
        The horizon; beyond the last time only if nothing was left by then.

    Returns
    -------
    float
        In the unit of the times.

    Examples
    --------
    >>> round(rmst([2, 3, 4, 5, 6], [1, 0, 1, 0, 1], 6), 6)
    4.666667
    """
    return float(call("rmst", times=times, observed=observed, tau=tau))
