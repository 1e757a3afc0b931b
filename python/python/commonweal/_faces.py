"""What the single-agent and multi-agent faces share: spaces, observations, masks."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from commonweal._core import Batch, Group, Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Source: TypeAlias = str | PathLike[str] | Scenario
Observe: TypeAlias = Literal["symbolic", "codes", "rgb"]
Domain: TypeAlias = Literal["train", "pilot", "calibrate", "eval", "held_out"]
RENDER_MODES = ["human", "rgb_array", "ansi"]
RENDER_FPS = 8
# Arena seeds are u64; those that we draw stay below 2^63, which every library can hold.
SEED_END = 2**63


class Rows:
    """Spaces of one row of a group, and the group's rows as observations of these spaces.

    An observation is a dict of `observation` (uint8, the window), `own` (int32, the own vector) and, with
    masks, `action_mask` (int8, 1 where an action is legal); or with `pack` one float32 vector: the window's
    bytes divided by 255, then the own vector in units of about 1.
    """

    def __init__(self, group: Group, *, masks: bool, pack: bool) -> None:
        self.group, self.masks, self.pack = group, masks, pack
        window = group.obs.shape[1:]
        n_own, n_actions = len(group.own_names), len(group.action_names)
        self.action_space = spaces.Discrete(n_actions)
        self.observation_space: spaces.Space[Any]
        if pack:
            cells = np.zeros(int(np.prod(window)), np.float32)
            most = group.own_scale * np.float32(2**31)
            low, high = np.concatenate([cells, -most]), np.concatenate([cells + 1, most])
            self.observation_space = spaces.Box(low, high, dtype=np.float32)
        else:
            int32 = np.iinfo(np.int32)
            parts: dict[str, spaces.Space[Any]] = {
                "observation": spaces.Box(0, 255, window, np.uint8),
                "own": spaces.Box(int32.min, int32.max, (n_own,), np.int32),
            }
            if masks:
                parts["action_mask"] = spaces.Box(0, 1, (n_actions,), np.int8)
            self.observation_space = spaces.Dict(parts)

    def read(self, rows: slice | NDArray[np.bool_] | int, *, final: bool = False) -> Any:
        """Copy some rows: a dict of arrays or one array, without the first axis where `rows` is a number."""
        group = self.group
        obs = (group.final_obs if final else group.obs)[rows]
        own = (group.final_own if final else group.own)[rows]
        if self.pack:
            lead = () if isinstance(rows, int) else (len(obs),)
            window = obs.reshape(*lead, -1).astype(np.float32) / np.float32(255)
            return np.concatenate([window, own * group.own_scale], axis=-1, dtype=np.float32)
        parts = {"observation": obs.copy(), "own": own.copy()}
        if self.masks:
            # What could be done after an episode's last tick is nobody's question: noop alone.
            mask = np.zeros_like(group.mask[rows]) if final else group.mask[rows].copy()
            mask[..., 0] |= final
            parts["action_mask"] = mask
        return parts


def batch_of(
    scenario: Source,
    *,
    arenas: int,
    arm: str,
    control: str | Sequence[str] | Mapping[str, Sequence[int]],
    observe: Observe,
    masks: bool,
    autoreset: Literal["same_step", "next_step", "disabled"],
    policies: Mapping[str, str] | None,
    domain: Domain,
) -> Batch:
    """Build the batch behind a face; `observe` must be an array."""
    if observe not in ("symbolic", "codes", "rgb"):
        raise ValueError(f'observe must be one of "symbolic", "codes", "rgb", found {observe!r}')
    return Batch(
        scenario,
        arenas=arenas,
        arm=arm,
        control=control,
        observe=observe,
        masks=masks,
        autoreset=autoreset,
        policies=policies,
        domain=domain,
    )


def render_mode_of(mode: str | None) -> str | None:
    """Refuse a way of rendering that there is not."""
    if mode is not None and mode not in RENDER_MODES:
        raise ValueError(f"render_mode must be None or one of {RENDER_MODES}, found {mode!r}")
    return mode


def draw(batch: Batch, arena: int, mode: str | None) -> Any:
    """Draw an arena: uint8 ``(h, w, 3)``, text, or for ``"human"`` the text on standard output and None."""
    if mode == "rgb_array":
        return batch.render(arena, "rgb_array")
    text = batch.render(arena, "ansi")
    if mode == "ansi":
        return text
    print(text, flush=True)
    return None


def scenario_of(source: Source) -> Scenario:
    """Load a scenario by name, path or text, once."""
    return source if isinstance(source, Scenario) else Scenario(source)


def camel(name: str) -> str:
    """`switch_and_successor` as ids have it: `SwitchAndSuccessor`."""
    return "".join(part.capitalize() for part in name.split("_"))
