"""Commonweal: deterministic multi-agent worlds that ask how an AI behaves towards others.

Examples
--------
>>> import commonweal as cw
>>> batch = cw.Batch("commons_harvest", arenas=8, seed=1)
>>> for _ in range(10):
...     batch.actions[:] = 1
...     batch.step()
>>> batch.tick.tolist()
[10, 10, 10, 10, 10, 10, 10, 10]
"""

from __future__ import annotations

import os

from commonweal import _core, gym, measures, stats
from commonweal._audit import Audit, audit
from commonweal._core import RULES_VERSION, Batch, Forks, Group, Scenario, __version__, check, scenarios
from commonweal._records import (
    Arm,
    Bot,
    Diagnostic,
    Event,
    InternalError,
    Question,
    Reach,
    ScenarioError,
    SnapshotError,
)

__all__ = [
    "RULES_VERSION",
    "Arm",
    "Audit",
    "Batch",
    "Bot",
    "Diagnostic",
    "Event",
    "Forks",
    "Group",
    "InternalError",
    "Question",
    "Reach",
    "Scenario",
    "ScenarioError",
    "SnapshotError",
    "__version__",
    "audit",
    "check",
    "gym",
    "measures",
    "scenarios",
    "stats",
]

for _public in (Arm, Bot, Diagnostic, Event, InternalError, Question, Reach, ScenarioError, SnapshotError):
    # Tracebacks and pickles name them as users do.
    _public.__module__ = __name__

gym.register()

if hasattr(os, "register_at_fork"):
    # The threads of a pool do not come along into the child of a fork.
    os.register_at_fork(after_in_child=_core._forked)
