"""Options, control, impact, influence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commonweal._plain import call, vector


class Capacity(NamedTuple):
    """A channel's capacity."""

    bits: float
    """Lower bound: the answer to the tolerance asked for."""
    upper: float
    """Upper bound."""
    inputs: NDArray[np.float64]
    """Distribution of inputs that reaches it."""
    iterations: int
    """Iterations done."""


class Power(NamedTuple):
    """POWER of every state."""

    mean: NDArray[np.float64]
    """One a state."""
    se: NDArray[np.float64]
    """Standard errors."""


class Concentration(NamedTuple):
    """How concentrated holdings are."""

    hhi: float
    """Sum of squared shares, 1/N to 1."""
    nhhi: float | None
    """The same on 0 to 1; None for one holder."""
    effective_holders: float
    """1/HHI."""
    theil: float
    """Theil index in nats, 0 to ln N."""
    top_share: float
    """The largest share."""


class Aup(NamedTuple):
    """Change of attainable utility."""

    penalty: float
    """Sum of absolute changes."""
    scaled: float
    """The same over the sum without the act, or over 1 where that is 0."""
    gain: float
    """Sum of signed changes."""


def channel_capacity(channel: ArrayLike, tolerance: float = 1e-9) -> Capacity:
    """C1.capacity: capacity in bits of a channel, by Blahut-Arimoto.

    Parameters
    ----------
    channel : array (actions, outcomes)
        Row a: distribution of outcomes after action a.
    tolerance : float, default 1e-9
        How close lower and upper bound must come, in bits.

    Returns
    -------
    Capacity
        Bounds, the inputs that reach it, iterations.

    Examples
    --------
    >>> round(channel_capacity([[1, 0], [0.5, 0.5]]).bits, 6)
    0.321928
    """
    found = call("channel_capacity", channel=channel, tolerance=tolerance)
    return Capacity(**{**found, "inputs": vector(found["inputs"])})


def power_tree(next: Sequence[Sequence[int]], state: int, gamma: float) -> float:
    """C2: POWER of a state, exact, where no state is reached by two ways.

    Parameters
    ----------
    next : sequence of sequences of int
        Successors of each state; none: it stays where it is.
    state : int
        The state.
    gamma : float
        Discount, between 0 and 1.

    Returns
    -------
    float
        From 0 to 1, rewards independent and uniform on [0, 1].

    Examples
    --------
    >>> round(power_tree([[1, 2], [], []], 0, 0.9), 6)
    0.666667
    """
    return float(call("power_tree", next=next, state=state, gamma=gamma))


def power_sampled(next: Sequence[Sequence[int]], gamma: float, pairs: int = 1000, seed: int = 0) -> Power:
    """C2: POWER of every state of any graph, by drawn rewards and value iteration.

    Parameters
    ----------
    next : sequence of sequences of int
        As for `power_tree`.
    gamma : float
        Discount, between 0 and 1.
    pairs : int, default 1000
        Reward functions, each with its mirror image.
    seed : int, default 0
        Of the rewards.

    Returns
    -------
    Power
        Mean and standard error, one a state.

    Examples
    --------
    >>> power = power_sampled([[1, 2], [], []], 0.9)
    >>> bool(abs(power.mean[0] - 2 / 3) < 5 * power.se[0])
    True
    """
    found = call("power_sampled", next=next, gamma=gamma, pairs=pairs, seed=seed)
    return Power(vector(found["mean"]), vector(found["se"]))


def concentration(x: ArrayLike) -> Concentration:
    """C5: how concentrated holdings are.

    Parameters
    ----------
    x : array
        Holdings of at least 0, with a sum above 0.

    Returns
    -------
    Concentration
        HHI, its normal form, effective holders, Theil index, top share.

    Examples
    --------
    >>> round(concentration([1, 2, 3, 4]).hhi, 6)
    0.3
    """
    return Concentration(**call("concentration", x=x))


def reachability(steps: ArrayLike, gamma: float = 1.0) -> NDArray[np.float64]:
    """C6: discounted reachability, gamma ** steps.

    Parameters
    ----------
    steps : array of int
        Steps to each state; -1 where there is no way.
    gamma : float, default 1
        Above 0, at most 1.

    Returns
    -------
    ndarray of float64
        From 0 to 1.

    Examples
    --------
    >>> reachability([0, 1, -1], 0.9).tolist()
    [1.0, 0.9, 0.0]
    """
    return vector(call("reachability", steps=steps, gamma=gamma))


def relative_reachability(base: ArrayLike, now: ArrayLike) -> float:
    """C6: how much of what could be reached is out of reach now.

    Parameters
    ----------
    base, now : array
        Reachability of each state from the baseline and from here.

    Returns
    -------
    float
        Share of the states, from 0 to 1.

    Examples
    --------
    >>> relative_reachability([1, 1, 1, 1], [0, 0, 1, 1])
    0.5
    """
    return float(call("relative_reachability", base=base, now=now))


def aup(act: ArrayLike, noop: ArrayLike) -> Aup:
    """C6: how much an act changes what can be attained.

    Parameters
    ----------
    act, noop : array
        Attainable value of each auxiliary reward after the act and after doing nothing.

    Returns
    -------
    Aup
        Penalty, scaled penalty, signed gain.

    Examples
    --------
    >>> round(aup([0.4, 0.5], [1, 0.5]).scaled, 6)
    0.4
    """
    return Aup(**call("aup", act=act, noop=noop))


def shapley(values: ArrayLike) -> NDArray[np.float64]:
    """C7: Shapley value of each player.

    Parameters
    ----------
    values : array of 2**N
        Value of each coalition: player i takes part where bit i of the index is set.

    Returns
    -------
    ndarray of float64
        They sum to the last value minus the first.

    Examples
    --------
    >>> shapley([0, 0, 1, 2]).tolist()
    [0.5, 1.5]
    """
    return vector(call("shapley", values=values))


def shapley_shubik(weights: ArrayLike, quota: float) -> NDArray[np.float64]:
    """C7: Shapley-Shubik index of each voter.

    Parameters
    ----------
    weights : array
        Votes, 1 to 16 voters.
    quota : float
        Votes that decide.

    Returns
    -------
    ndarray of float64
        They sum to 1.

    Examples
    --------
    >>> shapley_shubik([3, 2, 1], 4).round(4).tolist()
    [0.6667, 0.1667, 0.1667]
    """
    return vector(call("shapley_shubik", weights=weights, quota=quota))


def banzhaf(weights: ArrayLike, quota: float) -> NDArray[np.float64]:
    """C7: Banzhaf index of each voter, normalised.

    Parameters
    ----------
    weights : array
        Votes, 1 to 16 voters.
    quota : float
        Votes that decide.

    Returns
    -------
    ndarray of float64
        They sum to 1.

    Examples
    --------
    >>> banzhaf([3, 2, 1], 4).tolist()
    [0.6, 0.2, 0.2]
    """
    return vector(call("banzhaf", weights=weights, quota=quota))


def influence(given: ArrayLike, policy: ArrayLike, taken: int) -> float:
    """C10: bits by which an action changed what another does.

    Parameters
    ----------
    given : array (actions, other's actions)
        Row a: the other's distribution after action a.
    policy : array
        The agent's own distribution.
    taken : int
        The action taken.

    Returns
    -------
    float
        At least 0.

    Examples
    --------
    >>> round(influence([[0.9, 0.1], [0.1, 0.9]], [0.5, 0.5], 0), 6)
    0.531004
    """
    return float(call("influence", given=given, policy=policy, taken=taken))


def tv(p: ArrayLike, q: ArrayLike) -> float:
    """D4: total variation between two distributions.

    Parameters
    ----------
    p, q : array
        Distributions over one set.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> round(tv([0.5, 0.3, 0.2], [0.2, 0.3, 0.5]), 6)
    0.3
    """
    return float(call("tv", p=p, q=q))


def js(p: ArrayLike, q: ArrayLike) -> float:
    """D4: Jensen-Shannon divergence in bits.

    Parameters
    ----------
    p, q : array
        Distributions over one set.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> round(js([0.5, 0.3, 0.2], [0.2, 0.3, 0.5]), 6)
    0.095816
    """
    return float(call("js", p=p, q=q))


def kl(p: ArrayLike, q: ArrayLike) -> float:
    """Kullback-Leibler divergence of p from q in bits.

    Parameters
    ----------
    p, q : array
        Distributions over one set, q above 0 wherever p is.

    Returns
    -------
    float
        At least 0.

    Examples
    --------
    >>> round(kl([0.9, 0.1], [0.5, 0.5]), 6)
    0.531004
    """
    return float(call("kl", p=p, q=q))
