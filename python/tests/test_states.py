"""Snapshots, forks, pickles: a state goes on bit for bit wherever it is taken."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import commonweal as cw
from conftest import Play, actions_at

MEMBERS = [
    "obs",
    "own",
    "mask",
    "reward",
    "terminated",
    "truncated",
    "alive",
    "on",
    "valid",
    "illegal",
    "actions",
]


def test_a_snapshot_goes_on_bit_for_bit_in_another_batch(name: str, play: Play) -> None:
    batch = cw.Batch(name, arenas=3, seed=9)
    play(batch, 25)
    snapshot, batch_tick = batch.snapshot(1), batch.tick[1]
    wanted = [h[1] for h in play(batch, 30, start=25)]
    other = cw.Batch(name, arenas=2, seed=1, observe="codes", threads=1)
    other.restore(0, snapshot)
    assert other.seeds[0] == batch.seeds[1]
    assert other.tick.tolist() == [batch_tick, 0]
    assert [h[0] for h in play(other, 30, start=25)] == wanted


NATIVE = Path(__file__).resolve().parents[2] / "wasm" / "tests" / "snapshots"


@pytest.mark.parametrize("scenario", ["commons_harvest", "switch_and_successor"])
def test_a_native_snapshot_goes_on_as_it_did_natively(scenario: str) -> None:
    stored = json.loads((NATIVE / f"{scenario}.json").read_text(encoding="utf-8"))
    assert stored["rules_version"] == cw.RULES_VERSION
    assert stored["snapshots"]
    for entry in stored["snapshots"]:
        batch = cw.Batch(
            scenario,
            arenas=3,
            arm=entry["cell"],
            control="none",
            domain=stored["domain"],
            seed=int(stored["seed"]) + 1,
            policies=dict(entry["policies"]),
            autoreset="disabled",
        )
        batch.restore(1, bytes.fromhex(entry["snapshot"]))
        assert int(batch.tick[1]) == entry["tick"]
        assert batch.snapshot(1).hex() == entry["snapshot"]
        later = sorted((int(tick), hashed) for tick, hashed in entry["then"].items())
        assert later
        for tick, hashed in later:
            while batch.tick[1] < tick:
                batch.step()
            assert f"{batch.hash()[1]:016x}" == hashed, f"{entry['cell']}, tick {tick}"


def test_restore_writes_the_arena_s_rows_and_no_others(name: str) -> None:
    batch = cw.Batch(name, arenas=3)
    first = {role: group.obs.copy() for role, group in batch.groups.items()}
    snapshot = batch.snapshot(2)
    for tick in range(8):
        batch.step(actions_at(batch, tick))
    before = {
        role: {m: getattr(group, m).copy() for m in ("obs", "reward", "own")}
        for role, group in batch.groups.items()
    }
    batch.restore(2, snapshot)
    for role, group in batch.groups.items():
        n = len(group.slots)
        assert np.array_equal(group.obs[2 * n :], first[role][2 * n :])
        for member, array in before[role].items():
            assert np.array_equal(getattr(group, member)[: 2 * n], array[: 2 * n]), member


def test_bad_snapshots_are_refused_and_leave_the_arena_as_it_was(name: str) -> None:
    batch = cw.Batch(name, arenas=1)
    batch.step()
    snapshot, before = batch.snapshot(0), batch.hash()
    flipped = bytearray(snapshot)
    flipped[len(flipped) // 2] ^= 1
    for wrong in [b"", b"x", snapshot[:-1], snapshot + b"\0", bytes(flipped), b"\xff" * len(snapshot)]:
        with pytest.raises(cw.SnapshotError) as refused:
            batch.restore(0, wrong)
        assert isinstance(refused.value, ValueError)
        assert len(str(refused.value)) > 20
    assert np.array_equal(batch.hash(), before)
    with pytest.raises(TypeError):
        batch.restore(0, "text")  # type: ignore[arg-type]
    batch.restore(0, bytearray(snapshot))
    for call in (batch.snapshot, lambda arena: batch.restore(arena, snapshot)):
        for arena in (1, -1, 2**70):
            with pytest.raises(IndexError, match="this batch has arenas 0 to 0"):
                call(arena)
        with pytest.raises(TypeError, match="must be a whole number, not str"):
            call("0")  # type: ignore[arg-type]


def test_a_snapshot_of_another_scenario_or_arm_is_refused() -> None:
    harvest = cw.Batch("commons_harvest", arenas=1).snapshot(0)
    for other in [
        cw.Batch("switch_and_successor", arenas=1),
        cw.Batch("commons_harvest", arenas=1, arm="no_dilemma"),
    ]:
        with pytest.raises(cw.SnapshotError):
            other.restore(0, harvest)


def test_a_fork_equals_its_parent_under_equal_actions(name: str) -> None:
    batch = cw.Batch(name, arenas=300, masks=True, threads=1)
    for tick in range(20):
        batch.step(actions_at(batch, tick))
    batch.fork(3, 299)
    batch.fork(3, 4)
    for group in batch.groups.values():
        n = len(group.slots)
        for member in [m for m in MEMBERS if m != "actions"]:
            array = getattr(group, member)
            assert np.array_equal(array[3 * n : 4 * n], array[299 * n :]), member
    for tick in range(20, 120):
        batch.step(actions_at(batch, tick))
    hashes = batch.hash()
    assert hashes[3] == hashes[4] == hashes[299]
    assert hashes[2] != hashes[3]
    with pytest.raises(IndexError, match="fork: there is no arena 300"):
        batch.fork(0, 300)


def test_a_fork_between_arms_is_refused() -> None:
    batch = cw.Batch("commons_harvest", arenas=2, arms=["open", "no_dilemma"])
    with pytest.raises(ValueError):
        batch.fork(0, 1)


def test_a_batch_pickles_in_mid_episode(name: str, play: Play) -> None:
    batch = cw.Batch(
        name, arenas=4, seed=11, control="all", masks=True, autoreset="next_step", events=True, threads=1
    )
    for tick in range(17):
        batch.step(actions_at(batch, tick))
        for role, chosen in actions_at(batch, tick).items():
            batch[role].actions[:] = chosen
    again = pickle.loads(pickle.dumps(batch))
    assert (again.seed, again.arms, list(again.groups)) == (batch.seed, batch.arms, list(batch.groups))
    for role, group in batch.groups.items():
        for member in MEMBERS:
            assert np.array_equal(getattr(group, member), getattr(again[role], member)), member
            assert not np.shares_memory(getattr(group, member), getattr(again[role], member))
    assert np.array_equal(play(batch, 30, start=17), play(again, 30, start=17))
    assert np.array_equal(copy.deepcopy(batch).hash(), batch.hash())


@pytest.mark.parametrize("control", ["focal", "none", ["gatherer"], {"gatherer": [0, 3]}])
def test_every_way_to_control_pickles(control: str | list[str] | dict[str, list[int]]) -> None:
    batch = cw.Batch("commons_harvest", arenas=2, control=control, policies={"gatherer": "taker"})
    batch.step()
    again = pickle.loads(pickle.dumps(batch))
    assert {role: group.slots for role, group in again.groups.items()} == {
        role: group.slots for role, group in batch.groups.items()
    }
    batch.step()
    again.step()
    assert np.array_equal(batch.hash(), again.hash())
