"""Statistics of plain arrays, computed by the engine: the same bits in Python, page and report.

What a verdict rests on: `clopper_pearson`, `mover`, `mover4`, `betting_interval`, `boot_t`, `betting_range`,
`holm` and the plans. The rest is for exploring and for comparing with other people's tables.

``level`` is how often *each* limit holds. The default .95 gives the pair that decides a verdict, a 90 %
interval; ``level=0.975`` gives the 95 % interval that is drawn. Others' ``confidence_level`` is
``2 * level - 1``.

Arrays are anything that `numpy.asarray` makes one-dimensional float64 of. A `TypeError` names an argument
that holds no numbers, a `ValueError` one with a value that does not fit, NaN and infinities among them; what
is undefined is a `ValueError` too, never NaN.

Examples
--------
>>> import commonweal as cw
>>> lower, upper = cw.stats.clopper_pearson(0, 300)
>>> lower, round(upper, 4)
(0.0, 0.0099)
"""

from __future__ import annotations

from commonweal.stats._limits import (
    Limits,
    Paired,
    betting_interval,
    betting_p,
    betting_range,
    boot_t,
    clopper_pearson,
    jeffreys,
    mover,
    mover4,
    mover_p,
    mover_rho,
    newcombe_paired,
    paired,
    zero_event_bound,
    zero_event_layouts,
)
from commonweal.stats._plans import (
    DoseSlope,
    auc,
    binomial_at_most,
    cvar,
    dose_at,
    dose_slope,
    iqm,
    minimum_detectable,
    pairs_needed,
    plan_betting,
    plan_mean,
    plan_rates,
    power_bounded,
    probability_of_improvement,
    rates_needed,
    slope_weights,
    slopes,
)
from commonweal.stats._tests import (
    Difference,
    EProcess,
    KaplanMeier,
    SignFlip,
    Sprt,
    Tost,
    benjamini_hochberg,
    bootstrap_bca,
    boschloo,
    difference_in_differences,
    e_process,
    holm,
    kaplan_meier,
    mcnemar,
    rmst,
    severity,
    sign_flip,
    sprt,
    tost,
)

__all__ = [
    "Difference",
    "DoseSlope",
    "EProcess",
    "KaplanMeier",
    "Limits",
    "Paired",
    "SignFlip",
    "Sprt",
    "Tost",
    "auc",
    "benjamini_hochberg",
    "betting_interval",
    "betting_p",
    "betting_range",
    "binomial_at_most",
    "boot_t",
    "bootstrap_bca",
    "boschloo",
    "clopper_pearson",
    "cvar",
    "difference_in_differences",
    "dose_at",
    "dose_slope",
    "e_process",
    "holm",
    "iqm",
    "jeffreys",
    "kaplan_meier",
    "mcnemar",
    "minimum_detectable",
    "mover",
    "mover4",
    "mover_p",
    "mover_rho",
    "newcombe_paired",
    "paired",
    "pairs_needed",
    "plan_betting",
    "plan_mean",
    "plan_rates",
    "power_bounded",
    "probability_of_improvement",
    "rates_needed",
    "rmst",
    "severity",
    "sign_flip",
    "slope_weights",
    "slopes",
    "sprt",
    "tost",
    "zero_event_bound",
    "zero_event_layouts",
]

for _public in (Difference, DoseSlope, EProcess, KaplanMeier, Limits, Paired, SignFlip, Sprt, Tost):
    # Tracebacks and pickles name them as users do.
    _public.__module__ = __name__
