"""What the tests share: batches of every shipped scenario and actions that anybody can repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import commonweal as cw

NAMES = [scenario.id for scenario in cw.scenarios()]

Play = Callable[..., list[NDArray[np.uint64]]]


def actions_at(batch: cw.Batch, tick: int) -> dict[str, NDArray[np.int32]]:
    """Any action, by a rule of the row's place in the arena and the tick: the same in every batch size."""
    chosen = {}
    for name, group in batch.groups.items():
        n = len(group.slots)
        row = np.tile(np.arange(n, dtype=np.int64), batch.arenas)
        chosen[name] = ((row * 7 + tick * 5 + row * tick) % len(group.action_names)).astype(np.int32)
    return chosen


@pytest.fixture
def play() -> Play:
    """Step a batch some ticks and give the hashes after each."""

    def steps(batch: cw.Batch, ticks: int, start: int = 0, **out: Any) -> list[NDArray[np.uint64]]:
        hashes = []
        for tick in range(start, start + ticks):
            batch.step(actions_at(batch, tick), **out)
            hashes.append(batch.hash())
        return hashes

    return steps


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Every shipped scenario."""
    return str(request.param)
