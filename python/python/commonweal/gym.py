"""Gymnasium: one agent among scripted partners, alone (`Env`) or many at once (`VectorEnv`).

Importing `commonweal` registers every shipped scenario as `commonweal/<Name>-v0`, for both.

Examples
--------
>>> import gymnasium
>>> import commonweal
>>> env = gymnasium.make("commonweal/SwitchAndSuccessor-v0")
>>> observation, info = env.reset(seed=7)
>>> observation["observation"].shape
(17, 17, 8)
>>> observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
>>> envs = gymnasium.make_vec("commonweal/SwitchAndSuccessor-v0", num_envs=16)
>>> envs.reset(seed=0)[0]["own"].shape[0]
16
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

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
    camel,
    draw,
    render_mode_of,
    scenario_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Observation = Any

__all__ = ["Env", "VectorEnv", "id_of", "register"]


def id_of(name: str) -> str:
    """Give the id under which a shipped scenario is registered.

    Examples
    --------
    >>> from commonweal.gym import id_of
    >>> id_of("commons_harvest")
    'commonweal/CommonsHarvest-v0'
    """
    return f"commonweal/{camel(name)}-v0"


def register() -> None:
    """Register every shipped scenario with Gymnasium; `import commonweal` does it."""
    for name in _core._names():
        id = id_of(name)
        if id not in gymnasium.registry:
            gymnasium.register(
                id,
                entry_point="commonweal.gym:Env",
                vector_entry_point="commonweal.gym:VectorEnv",
                kwargs={"scenario": name},
                disable_env_checker=True,
                order_enforce=False,
            )


def _first_focal(scenario: Source, arm: str, role: str | None) -> dict[str, list[int]]:
    """Find the slot that one agent plays: the first focal one, or the first of `role`."""
    if role is not None:
        return {role: [0]}
    groups = list(_core.Batch(scenario, arenas=1, arm=arm, observe="none").groups)
    if not groups:
        raise ValueError("the scenario has no focal slot: name a role, for example role='farmer'")
    return {groups[0]: [0]}


class Env(gymnasium.Env[Any, Any]):
    """One agent in one arena; scripts of the scenario play the other slots.

    Parameters
    ----------
    scenario : str, path or Scenario
        A shipped scenario's name, a file, a folder or a text, as `commonweal.Batch` takes it.
    arm : str
        Arm or cell; ``"treatment"`` is the first arm of that kind.
    role : str, optional
        The role whose first slot the agent plays; the first focal slot without it.
    observe : {"symbolic", "codes", "rgb"}
        Encoding of the window, uint8 ``(H, W, C)``.
    masks : bool
        Whether observations bring ``action_mask``, int8 ``(n,)``.
    pack : bool
        One float32 vector in place of the dict: window / 255, then the own vector in units of about 1.
    policies : mapping, optional
        Who plays the other roles: role or slot to the name of a script, ``"random"`` or ``"noop"``.
    domain : str
        Domain of the seeds; ``"train"`` shares no draw with the others.
    render_mode : {"human", "rgb_array", "ansi"}, optional
        What `render` gives; ``"human"`` prints every tick as text.

    Notes
    -----
    The observation is a dict of ``observation``, ``own`` (int32, see ``own_names``) and perhaps
    ``action_mask``. The reward is that of the channel that agents see; hidden channels, arms and measures
    are in no observation and no info, which stays empty. `reset` takes the arena's seed as it is; without
    one the next episode of the same seed begins (the first time a seed is drawn). An action that is not
    legal counts as ``noop``.

    Raises
    ------
    ScenarioError
        The scenario has errors.
    ValueError
        An argument names nothing, or the scenario has no focal slot and `role` is not given.
    """

    metadata: dict[str, Any] = {"render_modes": RENDER_MODES, "render_fps": RENDER_FPS}  # noqa: RUF012

    def __init__(
        self,
        scenario: Source,
        arm: str = "treatment",
        role: str | None = None,
        observe: Observe = "symbolic",
        masks: bool = False,
        pack: bool = False,
        policies: Mapping[str, str] | None = None,
        domain: Domain = "train",
        render_mode: str | None = None,
    ) -> None:
        self.render_mode = render_mode_of(render_mode)
        scenario = scenario_of(scenario)
        self.batch = batch_of(
            scenario,
            arenas=1,
            arm=arm,
            control=_first_focal(scenario, arm, role),
            observe=observe,
            masks=masks,
            autoreset="disabled",
            policies=policies,
            domain=domain,
        )
        (group,) = self.batch.groups.values()
        self._rows = Rows(group, masks=masks, pack=pack)
        self.observation_space = self._rows.observation_space
        self.action_space = self._rows.action_space
        self.own_names, self.action_names = group.own_names, group.action_names
        self._seeded = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode: of this arena seed, or the next one of the last seed."""
        super().reset(seed=seed)
        if seed is None and not self._seeded:
            seed = int(self.np_random.integers(SEED_END))
        self._seeded = True
        self.batch.reset(seed=None if seed is None else [seed])
        self._show()
        return self._rows.read(0), {}

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Play one tick: observation, reward, terminated, truncated, an empty info."""
        self.batch.step(np.asarray([action]))
        self._show()
        group = self._rows.group
        ended = bool(group.terminated[0]), bool(group.truncated[0])
        return self._rows.read(0), float(group.reward[0]), *ended, {}

    def _show(self) -> None:
        if self.render_mode == "human":
            draw(self.batch, 0, "human")

    def action_masks(self) -> NDArray[np.bool_]:
        """Give the legal actions, bool ``(n,)``; needs ``masks=True``."""
        return np.asarray(self._rows.group.mask[0], dtype=np.bool_)

    def render(self) -> Any:
        """Draw the arena as `render_mode` says: uint8 ``(h, w, 3)`` or text."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() without render_mode: pass one when making the environment")
            return None
        return draw(self.batch, 0, self.render_mode)


class VectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Many arenas in one native batch; environments are rows of one group.

    Parameters
    ----------
    num_envs : int
        Number of environments: arenas times controlled slots of an arena.
    scenario, arm, role, observe, masks, pack, policies, domain, render_mode
        As in `Env`.
    control : str, list or mapping, optional
        Which slots the environments are, as `commonweal.Batch` takes it; exactly one role. One slot an
        arena without it.
    autoreset : {"next_step", "same_step", "disabled"}
        When an episode that is over begins anew; see Gymnasium's ``AutoresetMode``.
    copy : bool
        Whether results are the caller's to keep. They always are: buffers of the engine are never given out.

    Notes
    -----
    `reset` takes a seed, ``seed + i`` for the i-th arena, or a list with one for each environment (of slots
    that share an arena the first counts), and ``options={"reset_mask": mask}``. An episode is over
    when that of all environments of the arena is: a row whose agent is dead before the others stays
    terminated, with zeros.

    Raises
    ------
    ValueError
        `num_envs` is no multiple of the slots, or `control` names more than one role.
    """

    def __init__(
        self,
        num_envs: int,
        scenario: Source,
        arm: str = "treatment",
        role: str | None = None,
        control: str | Sequence[str] | Mapping[str, Sequence[int]] | None = None,
        observe: Observe = "symbolic",
        masks: bool = False,
        pack: bool = False,
        policies: Mapping[str, str] | None = None,
        domain: Domain = "train",
        autoreset: str | AutoresetMode = "next_step",
        render_mode: str | None = None,
        copy: bool = True,
    ) -> None:
        self.render_mode = render_mode_of(render_mode)
        mode = autoreset if isinstance(autoreset, AutoresetMode) else _mode(autoreset)
        self.metadata = {"render_modes": RENDER_MODES, "render_fps": RENDER_FPS, "autoreset_mode": mode}
        scenario = scenario_of(scenario)
        self.num_envs = num_envs
        control = _first_focal(scenario, arm, role) if control is None else control
        self._slots = _slots(scenario, arm, control)
        if num_envs < 1 or num_envs % self._slots:
            raise ValueError(
                f"num_envs must be a multiple of the {self._slots} slots of an arena, found {num_envs}"
            )
        self.batch = batch_of(
            scenario,
            arenas=num_envs // self._slots,
            arm=arm,
            control=control,
            observe=observe,
            masks=masks,
            autoreset=_NAMES[mode],
            policies=policies,
            domain=domain,
        )
        (group,) = self.batch.groups.values()
        self._rows = Rows(group, masks=masks, pack=pack)
        self.single_observation_space = self._rows.observation_space
        self.single_action_space = self._rows.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.own_names, self.action_names = group.own_names, group.action_names
        self._seeded = False
        self._over: NDArray[np.bool_] = np.zeros(self.batch.arenas, np.bool_)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin episodes in all arenas, or in those of ``options["reset_mask"]``, bool ``(num_envs,)``."""
        super().reset(seed=seed if isinstance(seed, int) else None)
        arenas = self.batch.arenas
        mask = self._mask((options or {}).get("reset_mask"))
        seeds: list[int | None]
        if isinstance(seed, list):
            if len(seed) != self.num_envs:
                raise ValueError(
                    f"seed must have one place for each of {self.num_envs} environments, found {len(seed)}"
                )
            seeds = seed[:: self._slots]
        else:
            seeds = [None if seed is None else seed + i for i in range(arenas)]
        if not self._seeded:
            drawn = self.np_random.integers(SEED_END, size=arenas)
            seeds = [int(d) if s is None else s for s, d in zip(seeds, drawn, strict=True)]
            self._seeded = True
        self._over &= ~mask
        given = np.array([s is not None for s in seeds])
        for which, values in ((given, [s or 0 for s in seeds]), (~given, None)):
            if (which & mask).any():
                self.batch.reset(
                    mask=which & mask, seed=None if values is None else np.array(values, np.uint64)
                )
        return self._rows.read(slice(None)), {}

    def step(
        self, actions: Any
    ) -> tuple[Observation, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Play one tick of all arenas.

        Gives observations, rewards float64, terminations and truncations bool, each ``(num_envs,)``, and
        infos, which hold ``final_obs`` and an empty ``final_info`` where an episode ended with autoreset
        ``"same_step"``.
        """
        self.batch.step(np.asarray(actions))
        group, mode = self._rows.group, self.metadata["autoreset_mode"]
        rewards = group.reward.astype(np.float64)
        terminated, truncated = group.terminated.copy(), group.truncated.copy()
        infos: dict[str, Any] = {}
        if mode is AutoresetMode.NEXT_STEP and (stale := self._over & (self.batch.tick > 0)).any():
            # Their agents were gone, so the engine had nothing to begin anew by itself.
            self.batch.reset(mask=stale)
            rows = stale.repeat(self._slots)
            rewards[rows], terminated[rows], truncated[rows] = 0, False, False
        self._over = np.asarray((terminated | truncated).reshape(-1, self._slots).all(axis=1))
        if mode is AutoresetMode.SAME_STEP and self._over.any():
            early = self._over & (self.batch.tick > 0)
            infos = self._final(self._over.repeat(self._slots), early.repeat(self._slots))
            if early.any():
                self.batch.reset(mask=early)
        return self._rows.read(slice(None)), rewards, terminated, truncated, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """Give the legal actions, bool ``(num_envs, n)``; needs ``masks=True``."""
        return self._rows.group.mask.astype(np.bool_)

    def render(self) -> tuple[Any, ...] | None:
        """Draw every arena as `render_mode` says."""
        if self.render_mode is None:
            return None
        frames = [draw(self.batch, arena, self.render_mode) for arena in range(self.batch.arenas)]
        return tuple(frame for frame in frames for _ in range(self._slots))

    def _mask(self, mask: Any) -> NDArray[np.bool_]:
        if mask is None:
            return np.ones(self.batch.arenas, np.bool_)
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
            raise TypeError("options['reset_mask'] must be a numpy array of dtype bool")
        if mask.shape != (self.num_envs,):
            raise ValueError(f"options['reset_mask'] must have shape ({self.num_envs},), found {mask.shape}")
        if not mask.any():
            raise ValueError("options['reset_mask'] must hold at least one True")
        rows = mask.reshape(-1, self._slots)
        if (rows.any(axis=1) != rows.all(axis=1)).any():
            raise ValueError(
                "options['reset_mask'] must name all environments of an arena or none: they share it"
            )
        return np.asarray(rows.all(axis=1))

    def _final(self, over: NDArray[np.bool_], early: NDArray[np.bool_]) -> dict[str, Any]:
        last = np.full(self.num_envs, None, dtype=object)
        for row in np.flatnonzero(over):
            last[row] = self._rows.read(int(row), final=not early[row])
        return {"final_obs": last, "_final_obs": over.copy(), "final_info": {}, "_final_info": over.copy()}


_NAMES: dict[AutoresetMode, Any] = {
    AutoresetMode.NEXT_STEP: "next_step",
    AutoresetMode.SAME_STEP: "same_step",
    AutoresetMode.DISABLED: "disabled",
}


def _mode(name: str) -> AutoresetMode:
    for mode, known in _NAMES.items():
        if name == known:
            return mode
    raise ValueError(f"autoreset must be one of {sorted(_NAMES.values())}, found {name!r}")


def _slots(scenario: Source, arm: str, control: str | Sequence[str] | Mapping[str, Sequence[int]]) -> int:
    """Count the controlled slots of an arena, all of one role."""
    groups = _core.Batch(scenario, arenas=1, arm=arm, control=control, observe="none").groups
    if len(groups) != 1:
        names = ", ".join(groups) or "none"
        raise ValueError(f"a vector environment takes one role, control= names {names}")
    (group,) = groups.values()
    return len(group.slots)
