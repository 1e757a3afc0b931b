"""Limits of rates, differences and means."""

from __future__ import annotations

from typing import NamedTuple

from numpy.typing import ArrayLike

from commonweal._plain import call


class Limits(NamedTuple):
    """A lower and an upper one-sided limit."""

    lower: float
    """The lower limit."""
    upper: float
    """The upper limit."""


class Paired(NamedTuple):
    """A mean difference from pairs."""

    difference: float
    """Mean of x - y."""
    lower: float
    """Lower limit by Student's t."""
    upper: float
    """Upper limit by Student's t."""
    se: float
    """Standard error."""
    correlation: float | None
    """Correlation of x and y; None where one does not vary."""
    variance_reduction: float | None
    """(var x + var y) / var(x - y); None where the differences do not vary."""


def clopper_pearson(k: float, n: float, level: float = 0.95) -> Limits:
    """Limits of a rate (method `cp`): Clopper-Pearson, exact.

    Parameters
    ----------
    k : float
        Events; may be fractional, where episodes that share a layout count by their mean.
    n : float
        Layouts.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Limits
        `lower` and `upper`.

    Examples
    --------
    >>> limits = clopper_pearson(79, 100, level=0.975)
    >>> round(limits.lower, 4), round(limits.upper, 4)
    (0.6971, 0.8651)
    """
    return Limits(**call("clopper_pearson", k=k, n=n, level=level))


def jeffreys(k: float, n: float, level: float = 0.95) -> Limits:
    """Limits of a rate by Jeffreys' prior, as published tables have them (Brown, Cai & DasGupta 2001).

    Parameters
    ----------
    k : float
        Events; may be fractional, where episodes that share a layout count by their mean.
    n : float
        Layouts.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Limits
        `lower`, 0 at k = 0, and `upper`, 1 at k = n.

    Examples
    --------
    >>> limits = jeffreys(79, 100, level=0.975)
    >>> round(limits.lower, 4), round(limits.upper, 4)
    (0.7026, 0.8609)
    """
    return Limits(**call("jeffreys", k=k, n=n, level=level))


def zero_event_bound(n: float, level: float = 0.95) -> float:
    """Upper limit of a rate after no event in `n` layouts, about 3/n.

    Parameters
    ----------
    n : float
        Layouts, above 0.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    float
        The limit.

    Examples
    --------
    >>> round(zero_event_bound(300), 6)
    0.009936
    """
    return float(call("zero_event_bound", n=n, level=level))


def zero_event_layouts(bound: float, level: float = 0.95) -> int:
    """Least number of layouts without an event whose upper limit lies below `bound`.

    Parameters
    ----------
    bound : float
        Between 0 and 1.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    int
        Layouts.

    Examples
    --------
    >>> zero_event_layouts(0.05), zero_event_layouts(0.01)
    (59, 299)
    """
    return int(call("zero_event_layouts", bound=bound, level=level))


def mover(k1: float, n1: float, k2: float, n2: float, level: float = 0.95, rho: float = 0.0) -> Limits:
    """Limits of a difference of two rates (method `mover`): square-and-add of Clopper-Pearson limits.

    Parameters
    ----------
    k1, n1 : float
        Events and layouts of the first cell.
    k2, n2 : float
        Those of the second.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.
    rho : float, default 0
        Correlation of the pairs, from `mover_rho`; 0 for independent cells.

    Returns
    -------
    Limits
        `lower` and `upper`.

    Examples
    --------
    >>> limits = mover(60, 300, 6, 300)
    >>> round(limits.lower, 4), round(limits.upper, 4)
    (0.1381, 0.2233)
    """
    return Limits(**call("mover", k1=k1, n1=n1, k2=k2, n2=n2, level=level, rho=rho))


def mover_p(k1: float, n1: float, k2: float, n2: float, m: float, rho: float = 0.0) -> float:
    """One-sided p of "the difference is at most m": the error at which `mover`'s lower limit touches m.

    Parameters
    ----------
    k1, n1 : float
        Events and layouts of the first cell.
    k2, n2 : float
        Those of the second.
    m : float
        The smallest effect that matters.
    rho : float, default 0
        As for `mover`.

    Returns
    -------
    float
        p; 1 where it would be above .5.

    Examples
    --------
    >>> round(mover_p(60, 300, 6, 300, 0.1), 6)
    0.000596
    """
    return float(call("mover_p", k1=k1, n1=n1, k2=k2, n2=n2, m=m, rho=rho))


def mover_rho(both: float, first_only: float, second_only: float, neither: float) -> float:
    """Correlation that `mover` may use for pairs on the same seeds.

    Parameters
    ----------
    both, first_only, second_only, neither : float
        Pairs with an event on both sides, on the first only, on the second only, on neither.

    Returns
    -------
    float
        0 below 10 discordant pairs; the phi coefficient if negative, or if both discordant counts are at
        least 5; else 0.

    Examples
    --------
    >>> round(mover_rho(20, 40, 10, 230), 6)
    0.388889
    """
    return float(
        call("mover_rho", both=both, first_only=first_only, second_only=second_only, neither=neither)
    )


def mover4(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> Limits:
    """Limits of a difference of differences of rates (method `mover4`).

    Parameters
    ----------
    k : array of 4
        Events of the cells 11, 10, 01, 00.
    n : array of 4
        Their layouts.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Limits
        `lower` and `upper`.

    Examples
    --------
    >>> limits = mover4([240, 3, 30, 3], [300, 300, 300, 300])
    >>> round(limits.lower, 4), round(limits.upper, 4)
    (0.6439, 0.7492)
    """
    return Limits(**call("mover4", k=k, n=n, level=level))


def betting_interval(x: ArrayLike, lo: float, hi: float, level: float = 0.95) -> Limits:
    """Limits of the mean of values in a declared range (method `betting`), for a fixed number of values.

    Waudby-Smith & Ramdas, arXiv:2010.09686. The order of the values matters: sorted values are
    not covered.

    Parameters
    ----------
    x : array
        Layout values in seed order, all from `lo` to `hi`.
    lo, hi : float
        The range that was declared beforehand.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Limits
        `lower` and `upper`.

    Examples
    --------
    >>> limits = betting_interval([0.0] * 300, 0, 1)
    >>> round(limits.lower, 4), round(limits.upper, 4)
    (0.0, 0.0102)
    """
    return Limits(**call("betting_interval", x=x, lo=lo, hi=hi, level=level))


def betting_p(x: ArrayLike, lo: float, hi: float, m: float, level: float = 0.95) -> float:
    """One-sided p of "the mean is at most m" by the bets of `betting_interval` at `level`.

    Parameters
    ----------
    x : array
        As for `betting_interval`.
    lo, hi : float
        The declared range.
    m : float
        The mean under test.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    float
        At most 1 - level exactly where the lower limit reaches m.

    Examples
    --------
    >>> betting_p([0.9] * 60, 0, 1, 0.5) < 0.001
    True
    """
    return float(call("betting_p", x=x, lo=lo, hi=hi, m=m, level=level))


def boot_t(world: ArrayLike, ref: ArrayLike, level: float = 0.95) -> Limits:
    """Limits of a loss 1 - sum(world)/sum(ref) by the studentised bootstrap over layouts (method `boot_t`).

    9,999 resamples, a fixed function of the number of layouts. Data that do not vary enough are refused: use
    `betting_range`.

    Parameters
    ----------
    world : array
        The others' summed return in each layout.
    ref : array
        The same with the reference in the seat, same layouts.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Limits
        `lower` and `upper`.

    Examples
    --------
    >>> import numpy as np
    >>> world = np.linspace(10, 20, 60)
    >>> limits = boot_t(world, np.full(60, 20.0))
    >>> limits.lower < 0.25 < limits.upper
    True
    """
    return Limits(**call("boot_t", world=world, ref=ref, level=level))


def betting_range(world: ArrayLike, ref: ArrayLike, lo: float, hi: float, level: float = 0.95) -> Limits:
    """Limits of a loss 1 - sum(world)/sum(ref) over the declared range of both (method `betting_range`).

    Parameters
    ----------
    world, ref : array
        As for `boot_t`, all from `lo` to `hi`.
    lo, hi : float
        The declared range.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Limits
        `lower` and `upper`.

    Examples
    --------
    >>> round(betting_range([20.0] * 300, [20.0] * 300, 0, 60).upper, 4)
    0.0312
    """
    return Limits(**call("betting_range", world=world, ref=ref, lo=lo, hi=hi, level=level))


def paired(x: ArrayLike, y: ArrayLike, level: float = 0.95) -> Paired:
    """Estimate a mean difference from pairs on the same seeds, and what pairing saves.

    For exploring: a verdict uses `betting_interval` or `boot_t`.

    Parameters
    ----------
    x, y : array
        Values of the two sides, pair by pair, at least two.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Paired
        Estimate, limits by Student's t, standard error, correlation, variance reduction.

    Examples
    --------
    >>> found = paired([1.0, 2.0, 3.0, 5.0], [0.5, 1.5, 2.5, 4.0])
    >>> found.difference
    0.625
    """
    return Paired(**call("paired", x=x, y=y, level=level))


def newcombe_paired(
    both: float, first_only: float, second_only: float, neither: float, level: float = 0.95
) -> Limits:
    """Limits of a difference of two rates of pairs (Newcombe 1998, method 10).

    Parameters
    ----------
    both, first_only, second_only, neither : float
        Pairs with an event on both sides, on the first only, on the second only, on neither.
    level : float, default 0.95
        How often each limit holds, between 0 and 1.

    Returns
    -------
    Limits
        `lower` and `upper`.

    Examples
    --------
    >>> limits = newcombe_paired(36, 12, 2, 0, level=0.975)
    >>> round(limits.lower, 4), round(limits.upper, 4)
    (0.0569, 0.3404)
    """
    return Limits(
        **call(
            "newcombe_paired",
            both=both,
            first_only=first_only,
            second_only=second_only,
            neither=neither,
            level=level,
        )
    )
