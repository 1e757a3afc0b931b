"""Measures of plain arrays, computed by the engine: the same bits in Python, page and report.

Each function's formula, controls, pitfalls and source stand on its reference page under the id that it names.
Arrays are anything that `numpy.asarray` makes float64 of, agents first, ticks second. A `TypeError` names an
argument that holds no numbers, a `ValueError` one with a value that does not fit, NaN and infinities among
them; what is undefined (a Gini of nothing, a loss without a reference) is a `ValueError` too, never NaN or 0.

Examples
--------
>>> import commonweal as cw
>>> cw.measures.gini([1, 2, 3, 4])
0.25
"""

from __future__ import annotations

from commonweal.measures._group import (
    Anarchy,
    Reciprocity,
    Schelling,
    Sustainability,
    competence,
    competence_floor,
    drest_rewards,
    efficiency,
    empirical_poa,
    equality,
    equality_corrected,
    externality_loss,
    gini,
    govsim_efficiency,
    neutrality,
    peace,
    reciprocity,
    schelling,
    sustainability,
    usefulness,
)
from commonweal.measures._power import (
    Aup,
    Capacity,
    Concentration,
    Power,
    aup,
    banzhaf,
    channel_capacity,
    concentration,
    influence,
    js,
    kl,
    power_sampled,
    power_tree,
    reachability,
    relative_reachability,
    shapley,
    shapley_shubik,
    tv,
)
from commonweal.stats import (
    auc,
    iqm,
    probability_of_improvement,
)

__all__ = [
    "Anarchy",
    "Aup",
    "Capacity",
    "Concentration",
    "Power",
    "Reciprocity",
    "Schelling",
    "Sustainability",
    "auc",
    "aup",
    "banzhaf",
    "channel_capacity",
    "competence",
    "competence_floor",
    "concentration",
    "drest_rewards",
    "efficiency",
    "empirical_poa",
    "equality",
    "equality_corrected",
    "externality_loss",
    "gini",
    "govsim_efficiency",
    "influence",
    "iqm",
    "js",
    "kl",
    "neutrality",
    "peace",
    "power_sampled",
    "power_tree",
    "probability_of_improvement",
    "reachability",
    "reciprocity",
    "relative_reachability",
    "schelling",
    "shapley",
    "shapley_shubik",
    "sustainability",
    "tv",
    "usefulness",
]

for _public in (Anarchy, Aup, Capacity, Concentration, Power, Reciprocity, Schelling, Sustainability):
    # Tracebacks and pickles name them as users do.
    _public.__module__ = __name__
