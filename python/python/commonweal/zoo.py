"""PettingZoo: every controlled slot is an agent, all move at once.

One module a scenario: ``from commonweal.zoo import commons_harvest`` has `parallel_env` and `env` (turn by
turn, by PettingZoo's own converter). Importing `commonweal.zoo` registers them with PettingZoo too, as
``commonweal/<name>_v0``.

Examples
--------
>>> from commonweal.zoo import commons_harvest
>>> env = commons_harvest.parallel_env()
>>> observations, infos = env.reset(seed=3)
>>> env.agents[:2]
['gatherer_0', 'gatherer_1']
>>> actions = {agent: env.action_space(agent).sample() for agent in env.agents}
>>> observations, rewards, terminations, truncations, infos = env.step(actions)
>>> observations["gatherer_0"]["observation"].shape
(11, 11, 8)
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import pettingzoo
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo.utils.conversions import parallel_to_aec

from commonweal import _core
from commonweal._faces import (
    RENDER_FPS,
    RENDER_MODES,
    SEED_END,
    Domain,
    Observe,
    Rows,
    Source,
    batch_of,
    draw,
    render_mode_of,
    scenario_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Dicts = tuple[
        dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]
    ]

__all__ = ["ParallelEnv", "env", "parallel_env"]


class ParallelEnv(pettingzoo.ParallelEnv[str, Any, int]):
    """The controlled slots of one arena as agents, named `gatherer_0` or, alone in their role, `worker`.

    Parameters
    ----------
    scenario : str, path or Scenario
        A shipped scenario's name, a file, a folder or a text, as `commonweal.Batch` takes it.
    arm : str
        Arm or cell; ``"treatment"`` is the first arm of that kind.
    control : str, list or mapping
        Which slots are agents, as `commonweal.Batch` takes it: ``"focal"``, ``"all"``, roles, or role to
        indices. Scripts play the rest.
    observe, masks, pack, policies, domain
        As in `commonweal.gym.Env`.
    max_cycles : int, optional
        Truncate all agents after so many steps; the scenario's own end comes first if it is earlier.
    render_mode : {"human", "rgb_array", "ansi"}, optional
        What `render` gives; ``"human"`` prints text.

    Notes
    -----
    Who dies without return leaves `agents` in the step after; who is away, frozen or switched off stays.
    Rewards are those of the channel that agents see; infos are empty.

    Raises
    ------
    ScenarioError
        The scenario has errors.
    ValueError
        An argument names nothing, or nobody is controlled.
    """

    def __init__(
        self,
        scenario: Source,
        arm: str = "treatment",
        control: str | Sequence[str] | Mapping[str, Sequence[int]] = "focal",
        observe: Observe = "symbolic",
        masks: bool = False,
        pack: bool = False,
        policies: Mapping[str, str] | None = None,
        domain: Domain = "train",
        max_cycles: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        self.render_mode = render_mode_of(render_mode)
        scenario = scenario_of(scenario)
        self.metadata = {
            "name": f"{scenario.id}_v0",
            "render_modes": RENDER_MODES,
            "render_fps": RENDER_FPS,
            "is_parallelizable": True,
        }
        self.max_cycles = max_cycles
        self.batch = batch_of(
            scenario,
            arenas=1,
            arm=arm,
            control=control,
            observe=observe,
            masks=masks,
            autoreset="disabled",
            policies=policies,
            domain=domain,
        )
        self._agents: dict[str, tuple[Rows, int]] = {}
        for name, group in self.batch.groups.items():
            rows = Rows(group, masks=masks, pack=pack)
            for row, agent in enumerate(_names(name, group, scenario, arm)):
                self._agents[agent] = rows, row
        if not self._agents:
            raise ValueError("nobody is controlled: name roles, for example control='all'")
        self.possible_agents = list(self._agents)
        self.agents: list[str] = []
        self._rng = seeding.np_random()[0]
        self._cycles = 0
        self._seeded = False

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Space of an agent's observations, the same object in each call."""
        return self._agents[agent][0].observation_space

    def action_space(self, agent: str) -> spaces.Discrete:
        """Space of an agent's actions, the same object in each call."""
        return self._agents[agent][0].action_space

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Begin an episode: of this arena seed, or the next one of the last seed."""
        if seed is None and not self._seeded:
            seed = int(self._rng.integers(SEED_END))
        self._seeded = True
        self.batch.reset(seed=None if seed is None else [seed])
        self._cycles = 0
        self.agents = self.possible_agents[:]
        return {agent: self._observe(agent) for agent in self.agents}, {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> Dicts:
        """Play one tick; an agent that is not in `actions` does nothing."""
        if not self.agents:
            return {}, {}, {}, {}, {}
        for group in self.batch.groups.values():
            group.actions[:] = 0
        for agent, action in actions.items():
            if agent not in self._agents:
                raise ValueError(f"there is no agent {agent!r}; there are {', '.join(self.possible_agents)}")
            rows, row = self._agents[agent]
            rows.group.actions[row] = action
        self.batch.step()
        self._cycles += 1
        cut = self.max_cycles is not None and self._cycles >= self.max_cycles
        at = {agent: self._agents[agent] for agent in self.agents}
        observations = {agent: self._observe(agent) for agent in at}
        rewards = {agent: float(rows.group.reward[row]) for agent, (rows, row) in at.items()}
        terminations = {agent: bool(rows.group.terminated[row]) for agent, (rows, row) in at.items()}
        truncations = {agent: cut or bool(rows.group.truncated[row]) for agent, (rows, row) in at.items()}
        self.agents = [a for a in at if not (terminations[a] or truncations[a])]
        return observations, rewards, terminations, truncations, {agent: {} for agent in at}

    def render(self) -> Any:
        """Draw the arena as `render_mode` says: uint8 ``(h, w, 3)`` or text."""
        if self.render_mode is None:
            return None
        return draw(self.batch, 0, self.render_mode)

    def close(self) -> None:
        """Do nothing: there is no window and no file."""

    def _observe(self, agent: str) -> Any:
        rows, row = self._agents[agent]
        return rows.read(row)


def parallel_env(scenario: Source, **options: Any) -> ParallelEnv:
    """Make a `ParallelEnv` of a scenario."""
    return ParallelEnv(scenario, **options)


def env(scenario: Source, **options: Any) -> pettingzoo.AECEnv[str, Any, int]:
    """Make the same environment with agents that move in turn, by PettingZoo's converter."""
    return parallel_to_aec(parallel_env(scenario, **options))


def _names(role: str, group: _core.Group, scenario: Source, arm: str) -> list[str]:
    everybody = _core.Batch(scenario, arenas=1, arm=arm, control=[role], observe="none")[role].slots
    if len(everybody) == 1:
        return [role]
    return [f"{role}_{slot - everybody[0]}" for slot in group.slots]


def _module(scenario: str) -> ModuleType:
    module = ModuleType(f"{__name__}.{scenario}", f"The scenario `{scenario}` for PettingZoo.")

    def make(**options: Any) -> ParallelEnv:
        return parallel_env(scenario, **options)

    def make_in_turn(**options: Any) -> pettingzoo.AECEnv[str, Any, int]:
        return env(scenario, **options)

    module.__dict__.update(parallel_env=make, env=make_in_turn, raw_env=make_in_turn)
    return module


def __getattr__(name: str) -> ModuleType:
    if name in _core._names():
        module = globals()[name] = _module(name)
        return module
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _register() -> None:
    for name in _core._names():
        id = f"commonweal/{name}_v0"
        if id not in pettingzoo.parallel_registry:
            pettingzoo.register("parallel", id, "commonweal.zoo:ParallelEnv", kwargs={"scenario": name})


_register()
