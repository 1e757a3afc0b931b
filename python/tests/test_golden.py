"""Golden traces: Python sees what the native engine stored, tick by tick, in every arm and cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import commonweal as cw

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden"
FILES = sorted(GOLDEN.glob("*.json"))
FOLD = 50


def mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Apply the documented 64-bit mixer to an array."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def read(file: Path) -> dict[str, Any]:
    """Read a stored trace."""
    golden = json.loads(file.read_text(encoding="utf-8"))
    assert isinstance(golden, dict)
    return golden


def test_every_cell_has_a_trace() -> None:
    cells = {(s.id, cell) for s in cw.scenarios() for arm in s.arms for cell in arm.cells}
    traced = {(golden["scenario"], golden["arm"]) for golden in map(read, FILES)}
    assert cells == traced


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_python_plays_the_golden_trace(file: Path) -> None:
    golden = read(file)
    assert golden["rules"] == cw.RULES_VERSION
    assert cw.Scenario(golden["scenario"]).hash(golden["arm"]) == golden["hash"]
    plays: dict[str, list[dict[str, Any]]] = {}
    for run in golden["runs"]:
        plays.setdefault(run["play"], []).append(run)
    for threads, (play, runs) in enumerate(plays.items()):
        batch = cw.Batch(
            golden["scenario"],
            arenas=golden["arenas"],
            arm=golden["arm"],
            control="none",
            domain=golden["domain"],
            seed=golden["seed"],
            first=golden["first_arena"],
            threads=1 + threads % 2,
            observe="none",
            autoreset=golden["autoreset"],
            policies=dict(runs[0]["policies"]),
        )
        assert len(runs) == batch.arenas
        assert [run["arena"] for run in runs] == list(range(batch.arenas))
        assert [run["start"] for run in runs] == [f"{one:016x}" for one in batch.hash()]
        fold = np.zeros(batch.arenas, np.uint64)
        for tick in range(golden["ticks"]):
            batch.step()
            hashes = batch.hash()
            fold = mix(fold ^ hashes)
            for run, one, folded in zip(runs, hashes, fold, strict=True):
                if tick < len(run["first"]):
                    assert run["first"][tick] == f"{one:016x}", (
                        f"{play}, arena {run['arena']}, tick {tick + 1}"
                    )
                if tick % FOLD == FOLD - 1:
                    assert run["folds"][tick // FOLD] == f"{folded:016x}", f"{play}, ticks to {tick + 1}"
