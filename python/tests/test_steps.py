"""Steps: one truth whatever the host does, arguments, actions, ends of episodes, seeds and pairs."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import commonweal as cw
from conftest import Play, actions_at


def test_batch_size_place_and_threads_decide_nothing(name: str, play: Play) -> None:
    alone = play(cw.Batch(name, arenas=1, seed=5, first=6), 40)
    sizes: list[dict[str, Any]] = [
        {"arenas": 7, "seed": 5},
        {"arenas": 70, "seed": 5, "threads": 2},
        {"arenas": 70, "seed": 5, "threads": 1},
    ]
    for options in sizes:
        many = play(cw.Batch(name, **options), 40)
        assert [h[6] for h in many] == [h[0] for h in alone]


def test_one_and_two_threads_write_the_same_bytes(name: str) -> None:
    one, two = (cw.Batch(name, arenas=300, threads=threads, masks=True) for threads in (1, 2))
    for tick in range(25):
        for batch in (one, two):
            batch.step(actions_at(batch, tick))
    for role in one.groups:
        for member in [
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
        ]:
            assert np.array_equal(getattr(one[role], member), getattr(two[role], member)), (role, member)
    assert np.array_equal(one.hash(), two.hash())


@pytest.mark.parametrize(
    "options",
    [{"observe": "codes"}, {"observe": "rgb", "masks": True}, {"observe": "none"}, {"events": True}],
)
def test_how_it_is_observed_changes_nothing(name: str, play: Play, options: dict[str, Any]) -> None:
    wanted = play(cw.Batch(name, arenas=2), 30)
    assert np.array_equal(play(cw.Batch(name, arenas=2, **options), 30), wanted)


def test_neighbours_of_several_arms_are_pairs(name: str, play: Play) -> None:
    scenario = cw.Scenario(name)
    first, *others = (cell for arm in scenario.arms for cell in arm.cells)
    for other in others:
        names = [first, other]
        try:
            batch = cw.Batch(scenario, arenas=6, arms=names, seed=3, first=2)
            break
        except ValueError as error:
            assert "cannot share a batch" in str(error)
    else:
        return
    assert batch.arms == tuple(names)
    assert batch.arm.tolist() == [0, 1] * 3
    seeds = batch.seeds
    assert np.array_equal(seeds[::2], seeds[1::2])
    assert len(set(seeds.tolist())) == 3
    hashes = play(batch, 20)
    for i, arm in enumerate(names):
        single = play(cw.Batch(scenario, arenas=3, arm=arm, seed=3, first=2), 20)
        assert np.array_equal([h[i::2] for h in hashes], single)


def test_a_star_means_every_arm_and_cell() -> None:
    batch = cw.Batch("switch_and_successor", arms="*")
    cells = [cell for arm in batch.scenario.arms for cell in arm.cells]
    assert batch.arms == tuple(cells)
    assert batch.arenas == 1024 - 1024 % len(cells)
    with pytest.raises(ValueError, match="take a multiple"):
        cw.Batch("switch_and_successor", arenas=len(cells) + 1, arms="*")


def test_seeds_and_domains_give_other_worlds() -> None:
    def seeds(**options: Any) -> list[int]:
        return list(cw.Batch("commons_harvest", arenas=3, **options).seeds)

    assert seeds() == seeds(seed=0)
    assert seeds(first=1)[:2] == seeds()[1:]
    everything = [*seeds(), *seeds(seed=1), *seeds(domain="eval"), *seeds(seed=2**64 - 1)]
    assert len(set(everything)) == len(everything)
    drawn = cw.Batch("commons_harvest", arenas=3, seed=None)
    assert list(drawn.seeds) == seeds(seed=drawn.seed)
    assert drawn.seed != cw.Batch("commons_harvest", arenas=3, seed=None).seed


def test_actions_of_any_whole_type_mean_the_same(play: Play) -> None:
    def hashes(convert: Any) -> list[int]:
        batch = cw.Batch("commons_harvest", arenas=2)
        for tick in range(10):
            batch.step(convert(actions_at(batch, tick)["gatherer"]))
        return list(batch.hash())

    wanted = hashes(lambda actions: actions)
    assert hashes(lambda actions: {"gatherer": actions}) == wanted
    assert hashes(lambda actions: actions.tolist()) == wanted
    for dtype in [np.uint8, np.int8, np.int64, np.uint64, np.dtype(">i4")]:
        assert hashes(lambda actions, dtype=dtype: actions.astype(dtype)) == wanted
    assert hashes(lambda actions: np.repeat(actions, 2)[::2]) == wanted


def test_actions_that_are_none_are_noops_and_counted() -> None:
    batch, still = (cw.Batch("commons_harvest", arenas=2) for _ in range(2))
    for number in [-1, 8, 255, 256, 2**31 - 1, -(2**31), 2**40]:
        batch.step(np.full(batch.rows, number))
        still.step(np.zeros(still.rows, np.int32))
    assert np.array_equal(batch.obs, still.obs)
    assert (batch.illegal == 7).all()
    assert (still.illegal == 0).all()


def test_wrong_actions_are_refused_with_what_they_were() -> None:
    batch = cw.Batch("commons_harvest", arenas=2)
    with pytest.raises(
        ValueError, match=r"gatherer\.actions must have shape \(14,\); it has dtype int32 and shape \(13,\)"
    ):
        batch.step(np.zeros(13, np.int32))
    with pytest.raises(TypeError, match=r"gatherer\.actions must be whole numbers.*float64"):
        batch.step(np.zeros(14))
    with pytest.raises(TypeError, match="bool"):
        batch.step(np.zeros(14, np.bool_))
    with pytest.raises(ValueError, match="there is no group 'worker'"):
        batch.step({"worker": np.zeros(14, np.int32)})
    both = cw.Batch("switch_and_successor", arenas=1, control="all")
    with pytest.raises(TypeError, match="actions must be a dictionary by group"):
        both.step([0])
    with pytest.raises(ValueError, match="controls no slots"):
        cw.Batch("commons_harvest", arenas=1, control="none").step([0])
    assert batch.tick.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"arenas": 0}, ValueError, "arenas must be a whole number from 1 to"),
        ({"arenas": -3}, ValueError, "arenas must be a whole number"),
        ({"arenas": 2**40}, ValueError, "arenas must be a whole number"),
        ({"arenas": 1.5}, TypeError, "arenas must be a whole number, not float"),
        ({"arm": "nowhere"}, ValueError, "has no arm `nowhere`"),
        ({"arms": []}, ValueError, "arms is empty"),
        ({"arms": "open"}, ValueError, "for one arm there is arm="),
        ({"arms": 3}, TypeError, "arms must be a list"),
        ({"control": "gatherer"}, ValueError, r'write \["gatherer"\]'),
        ({"control": ["nobody"]}, ValueError, "nobody"),
        ({"control": {"gatherer": [7]}}, ValueError, "gatherer"),
        ({"control": {"gatherer": [-1]}}, ValueError, "whole number"),
        ({"control": 3}, TypeError, "control must be"),
        ({"domain": "test"}, ValueError, 'domain must be one of "train"'),
        ({"seed": -1}, ValueError, "seed must be a whole number from 0 to 18446744073709551615, not -1"),
        ({"seed": 2**64}, ValueError, "seed must be"),
        ({"seed": "a"}, TypeError, "seed must be a whole number, not str"),
        ({"first": -1}, ValueError, "first must be"),
        ({"threads": 0}, ValueError, "threads must be a whole number from 1"),
        ({"observe": "pixels"}, ValueError, 'observe must be one of "symbolic"'),
        ({"autoreset": "never"}, ValueError, 'autoreset must be one of "same_step"'),
        ({"policies": {"gatherer": "nobody"}}, ValueError, "nobody"),
        ({"policies": ["taker"]}, TypeError, "policies must be"),
        ({"policies": {"gatherer": 1}}, TypeError, "policies must be"),
    ],
)
def test_a_wrong_argument_is_named_with_what_it_may_be(
    options: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        cw.Batch("commons_harvest", **{"arenas": 2, **options})


def test_controlled_slots_are_those_asked_for() -> None:
    some = cw.Batch("commons_harvest", arenas=3, control={"gatherer": [1, 4]})
    assert some["gatherer"].slots == (1, 4)
    assert some.rows == 6
    assert cw.Batch("commons_harvest", arenas=1, control=["gatherer"])["gatherer"].slots == tuple(range(7))
    assert cw.Batch("commons_harvest", arenas=1, control=[]).groups == {}


def test_bots_play_the_slots_that_nobody_controls() -> None:
    def rewards(policy: str) -> float:
        batch = cw.Batch(
            "commons_harvest", arenas=4, control={"gatherer": [0]}, policies={"gatherer": policy}
        )
        total = 0.0
        for _ in range(60):
            batch.step()
            total += sum(float(channel.sum()) for channel in [batch.reward])
        return total + sum(int(h) % 1000 for h in batch.hash())

    assert rewards("taker") == rewards("taker")
    assert rewards("taker") != rewards("random")


def until_it_ends(batch: cw.Batch) -> int:
    """Step to the end of the first episode, in which nobody does anything; give its number of ticks."""
    # The engine's own word: all agents of an arena may be gone before its episode is over.
    probe = cw.Batch(batch.scenario, arenas=1, autoreset="disabled")
    ticks = 0
    with pytest.raises(ValueError, match="is over"):
        while ticks < 10_000:
            probe.step()
            ticks += 1
    for _ in range(ticks):
        batch.step()
    return ticks


def test_same_step_gives_the_next_episode_and_keeps_the_last_observation(name: str) -> None:
    batch, old = (cw.Batch(name, arenas=1, autoreset=mode) for mode in ("same_step", "disabled"))
    assert until_it_ends(batch) == until_it_ends(old)
    assert batch.episode.tolist() == [1]
    assert batch.tick.tolist() == [0]
    fresh = cw.Batch(name, arenas=1)
    fresh.reset()
    assert np.array_equal(batch.hash(), fresh.hash())
    for role, group in batch.groups.items():
        assert np.array_equal(group.final_obs, old[role].obs)
        assert np.array_equal(group.final_own, old[role].own)
        assert np.array_equal(group.reward, old[role].reward)
        assert np.array_equal(group.obs, fresh[role].obs)
    batch.step()
    assert not any((group.terminated | group.truncated).any() for group in batch.groups.values())


def test_next_step_resets_one_step_later_and_ignores_its_action(name: str) -> None:
    batch = cw.Batch(name, arenas=1, autoreset="next_step")
    until_it_ends(batch)
    assert batch.episode.tolist() == [0]
    batch.step({role: np.ones(group.rows, np.int32) for role, group in batch.groups.items()})
    assert batch.episode.tolist() == [1]
    assert batch.tick.tolist() == [0]
    fresh = cw.Batch(name, arenas=1)
    fresh.reset()
    assert np.array_equal(batch.hash(), fresh.hash())
    for role, group in batch.groups.items():
        assert not group.reward.any()
        assert not (group.terminated | group.truncated).any()
        assert not group.valid.any()
        assert np.array_equal(group.obs, fresh[role].obs)


def test_disabled_refuses_to_step_an_episode_that_is_over() -> None:
    batch = cw.Batch("commons_harvest", arenas=2, autoreset="disabled")
    with pytest.raises(ValueError, match=r"the episode of arena \d is over: reset it"):
        for _ in range(5000):
            batch.step()
    over = batch.truncated.reshape(2, 7).all(axis=1)
    assert over.any()
    batch.reset(mask=over)
    batch.step()
    assert batch.episode.tolist() == over.astype(int).tolist()


def test_reset_leaves_other_rows_alone_and_takes_seeds() -> None:
    batch = cw.Batch("commons_harvest", arenas=3, seed=4)
    seeds, first = batch.seeds, batch.hash()
    for tick in range(9):
        batch.step(actions_at(batch, tick))
    rows = batch.obs.reshape(3, 7, -1)
    before, hashes = rows.copy(), batch.hash()
    batch.reset(mask=[False, True, False])
    assert np.array_equal(rows[[0, 2]], before[[0, 2]])
    assert not np.array_equal(rows[1], before[1])
    assert np.array_equal(batch.hash()[[0, 2]], hashes[[0, 2]])
    assert batch.episode.tolist() == [0, 1, 0]
    assert np.array_equal(batch.seeds, seeds)
    batch.reset(seed=4)
    assert batch.episode.tolist() == [0, 0, 0]
    assert np.array_equal(batch.hash(), first)
    batch.reset(seed=[1, 2, 2**64 - 1])
    assert batch.seeds.tolist() == [1, 2, 2**64 - 1]
    with pytest.raises(
        TypeError, match=r"mask must be bool, one an arena; it has dtype int64 and shape \(3,\)"
    ):
        batch.reset(mask=[0, 1, 0])
    with pytest.raises(ValueError, match=r"mask must have shape \(3,\)"):
        batch.reset(mask=[True])
    with pytest.raises(ValueError, match="one for each of the 3 arenas, not 2"):
        batch.reset(seed=[1, 2])
    with pytest.raises(ValueError, match="seed must be"):
        batch.reset(seed=-1)


def test_events_name_who_did_what_where() -> None:
    batch = cw.Batch("commons_harvest", arenas=2, control="none", policies={"gatherer": "taker"}, events=True)
    found: list[cw.Event] = []
    for tick in range(40):
        batch.step()
        now = batch.events()
        assert all(event.tick in {tick, tick + 1} for event in now)
        assert now == [*batch.events(0), *batch.events(1)]
        found += now
    assert {event.arena for event in found} == {0, 1}
    eaten = [event for event in found if event.actor is not None and event.place is not None]
    assert eaten
    assert all(0 <= event.actor < 7 for event in eaten if event.actor is not None)
    with pytest.raises(IndexError, match="there is no arena 2"):
        batch.events(2)


def test_the_audit_sees_every_channel() -> None:
    batch = cw.Batch("commons_harvest", arenas=2, control="all", policies={"gatherer": "taker"})
    channels = cw.audit(batch).channels
    assert all(array.shape == (batch.rows,) and array.dtype == np.float32 for array in channels.values())
    rng = np.random.default_rng(0)
    paid = False
    for _ in range(60):
        batch.step(rng.integers(0, 8, batch.rows))
        assert np.array_equal(cw.audit(batch).channels["main"], batch.reward)
        paid |= bool(batch.reward.any())
    assert paid
    with pytest.raises(ValueError, match=r"use audit\.groups"):
        _ = cw.audit(cw.Batch("switch_and_successor", arenas=1, control="all")).channels


def test_a_step_may_run_on_another_thread() -> None:
    batch, twin = (cw.Batch("commons_harvest", arenas=64) for _ in range(2))
    for tick in range(5):
        batch.step_async(actions_at(batch, tick))
        batch.step_wait()
        twin.step(actions_at(twin, tick))
    assert np.array_equal(batch.hash(), twin.hash())
    with pytest.raises(RuntimeError, match="no step_async was called"):
        batch.step_wait()
    batch.step_async()
    with pytest.raises(RuntimeError, match="call step_wait"):
        batch.step_async()
    batch.step_wait()
    batch.step_async(np.zeros(3, np.int32))
    with pytest.raises(ValueError, match=r"gatherer\.actions must have shape"):
        batch.step_wait()


def test_a_step_during_a_step_is_a_runtime_error() -> None:
    batch = cw.Batch("commons_harvest", arenas=512, threads=1)
    refused: list[RuntimeError] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(30):
            try:
                batch.step()
            except RuntimeError as error:
                refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused
    assert "being stepped by another thread" in str(refused[0])
    assert int(batch.tick[0]) + 1000 * int(batch.episode[0]) == 120 - len(refused)


def test_a_bug_of_the_engine_is_an_internal_error_with_seed_and_tick() -> None:
    batch = cw.Batch("commons_harvest", arenas=1, seed=77)
    batch.step()
    with pytest.raises(cw.InternalError, match="please report it") as failed:
        batch._fail()
    assert isinstance(failed.value, RuntimeError)
    assert (failed.value.seed, failed.value.tick) == (77, 1)
    with pytest.raises(cw.InternalError, match="cannot be used any more"):
        batch.step()
