"""Gymnasium's checker over every scenario; and vector environments are solo environments, in every mode."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import commonweal as cw

MODES = ["next_step", "same_step", "disabled"]


def same(one: Any, two: Any) -> bool:
    """Whether two observations are equal, dict or array."""
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    return bool(np.array_equal(one, two))


@pytest.mark.parametrize("options", [{}, {"masks": True, "observe": "codes"}, {"pack": True}], ids=str)
def test_the_official_checker_finds_nothing(name: str, options: dict[str, Any]) -> None:
    check_env(gymnasium.make(cw.gym.id_of(name), **options).unwrapped, skip_render_check=bool(options))


def play(env: gymnasium.Env[Any, Any], seed: int) -> list[Any]:
    """Play a whole episode by a fixed rule: everything that the policy is given."""
    seen: list[Any] = [env.reset(seed=seed)]
    for tick in range(10_000):
        seen.append(env.step((tick * 7 + 3) % int(env.action_space.n)))  # type: ignore[attr-defined]
        if seen[-1][2] or seen[-1][3]:
            return seen
    raise AssertionError("the episode does not end")


def test_whole_episodes_repeat(name: str) -> None:
    env, other = (cw.gym.Env(name, masks=True, policies={}) for _ in range(2))
    one = play(env, 5)
    play(env, 6)
    for again in (play(env, 5), play(other, 5)):
        assert len(one) == len(again)
        assert all(same(a[0], b[0]) and a[1:] == b[1:] for a, b in zip(one, again, strict=True))


def test_infos_are_empty_and_rewards_those_of_the_seen_channel(name: str) -> None:
    env = cw.gym.Env(name)
    seen = play(env, 1)
    assert seen[0][1] == {}
    assert all(step[4] == {} for step in seen[1:])
    truth = cw.Batch(name, arenas=1, autoreset="disabled", control=_control(env))
    truth.reset(seed=[1])
    for tick, step in enumerate(seen[1:]):
        truth.step(np.asarray([(tick * 7 + 3) % len(env.action_names)]))
        assert cw.audit(truth).channels["main"][0] == step[1]


def _control(env: cw.gym.Env) -> dict[str, list[int]]:
    return {name: [0] for name in env.batch.groups}


@pytest.mark.parametrize("mode", MODES)
def test_a_vector_environment_is_so_many_solo_ones(name: str, mode: str) -> None:
    n = 3
    ours = cw.gym.VectorEnv(n, name, autoreset=mode)
    solo = SyncVectorEnv([lambda: cw.gym.Env(name) for _ in range(n)], autoreset_mode=cw.gym._mode(mode))
    one, two = ours.reset(seed=4), solo.reset(seed=4)
    assert same(one[0], two[0])
    over = np.zeros(n, np.bool_)
    ends = 0
    for tick in range(6000):
        if mode == "disabled" and over.any():
            one, two = (env.reset(options={"reset_mask": over.copy()}) for env in (ours, solo))
            assert same(one[0], two[0])
        actions = (np.arange(n) * 5 + tick * 3) % len(ours.action_names)
        a, b = ours.step(actions), solo.step(actions)
        over = a[2] | a[3]
        assert same(a[0], b[0])
        assert all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in zip(a[1:4], b[1:4], strict=True))
        assert a[4].keys() == b[4].keys()
        if "final_obs" in a[4]:
            assert np.array_equal(a[4]["_final_obs"], b[4]["_final_obs"])
            for x, y in zip(a[4]["final_obs"], b[4]["final_obs"], strict=True):
                assert (x is None) == (y is None)
                assert x is None or same(x, y)
        ends += int(over.any())
        # Two episodes where they are short, one and what follows where they are long.
        if ends > (tick < 500) and not over.any():
            return
    raise AssertionError("too few episodes end")


def test_results_are_the_callers() -> None:
    env = cw.gym.VectorEnv(2, "switch_and_successor")
    first, _ = env.reset(seed=0)
    kept = {key: value.copy() for key, value in first.items()}
    second = env.step(np.array([1, 2]))[0]
    assert same(first, kept)
    assert not any(np.shares_memory(first[key], second[key]) for key in first)


def test_all_focal_slots_can_be_environments_of_one_vector() -> None:
    env = gymnasium.make_vec("commonweal/CommonsHarvest-v0", num_envs=14, control="focal")
    assert env.reset(seed=1)[0]["observation"].shape == (14, 11, 11, 8)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert gymnasium.wrappers.vector.RecordEpisodeStatistics(env).num_envs == 14
    with pytest.raises(ValueError, match="all environments of an arena or none"):
        env.reset(options={"reset_mask": np.arange(14) == 3})
    with pytest.raises(ValueError, match="a multiple of the 7 slots"):
        cw.gym.VectorEnv(10, "commons_harvest", control="focal")
    with pytest.raises(ValueError, match="takes one role"):
        cw.gym.VectorEnv(3, "switch_and_successor", control="all")


@pytest.mark.parametrize(
    ("mask", "error"),
    [
        ([True, False], TypeError),
        (np.array([1, 0]), TypeError),
        (np.array([True]), ValueError),
        (np.array([False, False]), ValueError),
    ],
)
def test_a_wrong_reset_mask_is_refused(mask: Any, error: type[Exception]) -> None:
    env = cw.gym.VectorEnv(2, "switch_and_successor", autoreset="disabled")
    options = {"reset_mask": mask}
    with pytest.raises(error, match="reset_mask"):
        env.reset(options=options)
    assert "reset_mask" in options


def test_seeds_are_arena_seeds_and_none_goes_on() -> None:
    env = cw.gym.VectorEnv(3, "switch_and_successor")
    env.reset(seed=9)
    assert env.batch.seeds.tolist() == [9, 10, 11]
    env.reset(seed=[1, None, 2])
    assert env.batch.seeds.tolist() == [1, 10, 2]
    assert env.batch.episode.tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="one place for each of 3"):
        env.reset(seed=[1])


def test_masks_render_and_wrong_words() -> None:
    env = cw.gym.Env("switch_and_successor", masks=True, render_mode="ansi")
    env.reset(seed=0)
    assert env.action_masks().shape == (len(env.action_names),)
    assert "#" in env.render()
    frames = cw.gym.VectorEnv(2, "commons_harvest", render_mode="rgb_array")
    frames.reset(seed=0)
    drawn = frames.render()
    assert drawn is not None
    assert [frame.dtype for frame in drawn] == [np.uint8, np.uint8]
    with pytest.raises(ValueError, match="render_mode must be None or one of"):
        cw.gym.Env("commons_harvest", render_mode="tv")
    with pytest.raises(ValueError, match="autoreset must be one of"):
        cw.gym.VectorEnv(1, "commons_harvest", autoreset="never")
    with pytest.raises(ValueError, match="observe must be one of"):
        cw.gym.Env("commons_harvest", observe="text")  # type: ignore[arg-type]
