"""Labels reach no policy: an arm by another name gives the same bytes and ends at the same tick."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import pytest

import commonweal as cw
from conftest import actions_at

MEMBERS = ["own", "own_scale", "mask", "reward", "terminated", "truncated", "alive", "on", "valid", "illegal"]


@pytest.mark.parametrize("observe", ["symbolic", "codes", "rgb", "text"])
@pytest.mark.parametrize(
    ("scenario", "arm"), [("commons_harvest", "no_dilemma"), ("switch_and_successor", "crate_on_lever")]
)
def test_the_name_of_an_arm_leaves_no_byte_different(
    scenario: str, arm: str, observe: Literal["symbolic", "codes", "rgb", "text"]
) -> None:
    source = cw.Scenario(scenario).source
    renamed = re.sub(rf"\b{arm}\b", "other_arm", source)
    assert renamed != source
    options = {"arenas": 2, "observe": observe, "masks": True}
    one = cw.Batch(source, arm=arm, **options)  # type: ignore[arg-type]
    two = cw.Batch(renamed, arm="other_arm", **options)  # type: ignore[arg-type]
    assert one.arms != two.arms
    assert list(one.groups) == list(two.groups)
    for tick in range(120):
        for role, group in one.groups.items():
            other = two[role]
            assert group.own_names == other.own_names
            assert group.action_names == other.action_names
            assert np.array_equal(group.obs, other.obs)
            for member in MEMBERS:
                assert np.array_equal(getattr(group, member), getattr(other, member)), member
            if observe == "text":
                assert not any(arm in text for text in group.obs)
        for batch in (one, two):
            batch.step(actions_at(batch, tick))
    assert np.array_equal(one.episode, two.episode)
