"""PettingZoo's suites over every scenario, and what they do not look at: whole episodes, names, infos."""

from __future__ import annotations

from typing import Any

import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import api_test, max_cycles_test, parallel_api_test, parallel_seed_test, render_test
from pettingzoo.utils.conversions import parallel_to_aec

import commonweal as cw
from commonweal import zoo


def test_the_suites_find_nothing(name: str) -> None:
    parallel_api_test(zoo.parallel_env(name), num_cycles=60)
    parallel_seed_test(lambda: zoo.parallel_env(name), num_cycles=5)


@pytest.mark.filterwarnings("ignore:Observation space for each agent probably should be")
@pytest.mark.filterwarnings("ignore:Observation is not a NumPy array")
@pytest.mark.filterwarnings("ignore:Observation numpy array is all zeros")
@pytest.mark.filterwarnings("ignore:We recommend agents to be named")
def test_the_suites_find_nothing_turn_by_turn(name: str) -> None:
    api_test(parallel_to_aec(zoo.parallel_env(name)), num_cycles=60)


def test_the_suites_find_nothing_in_ends_and_pictures() -> None:
    module = zoo.switch_and_successor
    max_cycles_test(module)
    render_test(module.env)


def play(name: str, seed: int) -> list[Any]:
    """Play a whole episode by a fixed rule: everything that the agents are given."""
    env = zoo.parallel_env(name, control="all", masks=True)
    seen: list[Any] = [env.reset(seed=seed)]
    tick = 0
    while env.agents:
        live = list(env.agents)
        actions = {a: (tick * 5 + i * 3) % int(env.action_space(a).n) for i, a in enumerate(live)}
        seen.append(env.step(actions))
        assert all(list(part) == live for part in seen[-1])
        tick += 1
    assert env.step({}) == ({}, {}, {}, {}, {})
    return seen


def test_whole_episodes_repeat_and_infos_are_empty(name: str) -> None:
    one, two = play(name, 3), play(name, 3)
    assert len(one) == len(two) > 1
    for a, b in zip(one, two, strict=True):
        for agent, observation in a[0].items():
            assert all(np.array_equal(observation[key], b[0][agent][key]) for key in observation)
        assert a[1:] == b[1:]
        assert not any(a[-1].values())


def test_agents_are_named_as_everywhere() -> None:
    env = zoo.commons_harvest.parallel_env(control="all")
    assert env.possible_agents == [f"gatherer_{i}" for i in range(7)]
    assert zoo.switch_and_successor.parallel_env(control="all").possible_agents == [
        "worker",
        "steward",
        "twin",
    ]
    assert env.observation_space("gatherer_0") is env.observation_space("gatherer_0")
    with pytest.raises(ValueError, match="there is no agent 'nobody'"):
        env.reset(seed=0)
        env.step({"nobody": 1})
    with pytest.raises(AttributeError):
        zoo.no_such_scenario  # noqa: B018


def test_every_scenario_is_registered(name: str) -> None:
    assert cw.gym.id_of(name).startswith("commonweal/")
    env = pettingzoo.make("parallel", f"commonweal/{name}_v0")
    observations, infos = env.reset(seed=0)
    assert list(observations) == env.agents == list(infos)
