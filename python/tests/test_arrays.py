"""Every array of a group: shape, dtype, who owns it, how it is written, and how a wrong one is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import commonweal as cw
from conftest import Play

FLAGS = ["terminated", "truncated", "alive", "on", "valid"]
OBS = {"symbolic": (8, 1), "codes": (2, 1), "rgb": (3, 8)}
WRITTEN = ["obs", "own", "mask", "reward", *FLAGS, "illegal", "final_obs", "final_own"]


@pytest.mark.parametrize("observe", OBS)
def test_every_array_has_the_documented_shape_and_dtype(name: str, observe: Any) -> None:
    batch = cw.Batch(name, arenas=3, observe=observe, masks=True)
    channels, pixels = OBS[observe]
    for role, group in batch.groups.items():
        rows = 3 * len(group.slots)
        assert (group.name, group.rows) == (role, rows)
        assert group.obs.dtype == np.uint8
        assert group.obs.shape[0] == rows
        assert group.obs.shape[-1] == channels
        assert all(side % pixels == 0 and side // pixels % 2 == 1 for side in group.obs.shape[1:3])
        numbers = len(group.own_names)
        assert (group.own.shape, group.own.dtype) == ((rows, numbers), np.dtype(np.int32))
        assert (group.own_scale.shape, group.own_scale.dtype) == ((numbers,), np.dtype(np.float32))
        assert (group.mask.shape, group.mask.dtype) == ((rows, len(group.action_names)), np.dtype(np.int8))
        assert (group.actions.shape, group.actions.dtype) == ((rows,), np.dtype(np.int32))
        assert (group.reward.shape, group.reward.dtype) == ((rows,), np.dtype(np.float32))
        assert (group.illegal.shape, group.illegal.dtype) == ((rows,), np.dtype(np.uint32))
        for flag in FLAGS:
            array = getattr(group, flag)
            assert (array.shape, array.dtype) == ((rows,), np.dtype(np.bool_))
        assert (group.final_obs.shape, group.final_obs.dtype) == (group.obs.shape, group.obs.dtype)
        assert (group.final_own.shape, group.final_own.dtype) == (group.own.shape, group.own.dtype)
        assert group.action_names[0] == "noop"
        assert len(set(group.action_names)) == len(group.action_names)
        assert len(set(group.own_names)) == numbers
    per_arena: list[tuple[NDArray[Any], type]] = [
        (batch.episode, np.uint32),
        (batch.tick, np.uint32),
        (batch.seeds, np.uint64),
        (batch.arm, np.uint8),
        (batch.hash(), np.uint64),
    ]
    for array, dtype in per_arena:
        assert (array.shape, array.dtype) == ((3,), np.dtype(dtype))


def test_the_first_observation_is_there_before_the_first_step(name: str) -> None:
    for group in cw.Batch(name, arenas=2, masks=True).groups.values():
        assert group.obs.any()
        assert group.alive.all()
        assert group.on.all()
        assert (group.mask[:, 0] == 1).all() or (group.mask.sum(axis=1) > 0).all()
        assert not group.terminated.any()
        assert not group.truncated.any()


def test_arrays_stay_the_same_object_and_are_written_in_place(name: str) -> None:
    batch = cw.Batch(name, arenas=4)
    for group in batch.groups.values():
        first, data = group.obs, group.obs.ctypes.data
        before, changed = first.copy(), False
        for tick in range(6):
            group.actions[:] = 1 + tick % (len(group.action_names) - 1)
            batch.step()
            changed |= not np.array_equal(first, before)
        assert group.obs is first
        assert group.obs.ctypes.data == data
        assert changed or not {"n", "forward"} & set(group.action_names)


def test_given_buffers_are_written_and_never_copied(name: str) -> None:
    plain = cw.Batch(name, arenas=4, masks=True)
    role, group = next(iter(plain.groups.items()))
    block = np.zeros((2, *group.obs.shape), dtype=np.uint8)
    given = {"obs": block[1], "actions": np.zeros(group.rows, dtype=np.int32)}
    given |= {member: np.zeros_like(getattr(group, member)) for member in WRITTEN if member != "obs"}
    shared = cw.Batch(name, arenas=4, masks=True, buffers={role: given})
    for member, array in given.items():
        assert np.shares_memory(getattr(shared[role], member), array)
    for _ in range(5):
        for batch in (plain, shared):
            batch[role].actions[:] = 2
            batch.step()
    for member in WRITTEN:
        assert np.array_equal(given[member], getattr(group, member)), member
    assert not block[0].any()


def test_out_is_written_in_place_of_the_own_arrays() -> None:
    batch = cw.Batch("commons_harvest", arenas=2)
    storage = np.zeros((5, *batch.obs.shape), dtype=np.uint8)
    rewards = np.full((5, batch.rows), -1, dtype=np.float32)
    first = batch.obs.copy()
    twin = cw.Batch("commons_harvest", arenas=2)
    for tick in range(5):
        actions = np.full(batch.rows, 1 + tick, dtype=np.int32)
        batch.step(actions, out={"obs": storage[tick], "reward": rewards[tick]})
        twin.step(actions)
        assert np.array_equal(storage[tick], twin.obs)
        assert np.array_equal(rewards[tick], twin.reward)
    assert np.array_equal(batch.obs, first)
    batch.observe()
    assert np.array_equal(batch.obs, storage[4])
    again = np.zeros_like(first)
    batch.observe(out={"gatherer": {"obs": again}})
    assert np.array_equal(again, storage[4])


@pytest.mark.parametrize(
    ("array", "kind", "words"),
    [
        (
            np.zeros((14, 11, 11, 8), np.float32),
            TypeError,
            ["gatherer.obs", "dtype uint8", "float32", "(14, 11, 11, 8)"],
        ),
        (
            np.zeros((14, 11, 11, 7), np.uint8),
            ValueError,
            ["gatherer.obs", "(14, 11, 11, 8)", "(14, 11, 11, 7)", "uint8"],
        ),
        (
            np.zeros((14, 11, 11, 16), np.uint8)[..., ::2],
            ValueError,
            ["gatherer.obs", "C-contiguous", "uint8"],
        ),
        (np.zeros((8, 11, 11, 14), np.uint8).T, ValueError, ["gatherer.obs", "C-contiguous"]),
        ([1, 2], TypeError, ["gatherer.obs", "NumPy array", "list"]),
    ],
)
def test_a_wrong_array_is_named_with_its_shape_and_dtype(
    array: Any, kind: type[Exception], words: list[str]
) -> None:
    with pytest.raises(kind) as refused:
        cw.Batch("commons_harvest", arenas=2, buffers={"obs": array})
    for word in words:
        assert word in str(refused.value)
    batch = cw.Batch("commons_harvest", arenas=2)
    with pytest.raises(kind, match=r"gatherer\.obs"):
        batch.step(out={"obs": array})
    batch.step()


def test_read_only_overlapping_and_unknown_arrays_are_refused() -> None:
    frozen = np.zeros((14, 11, 11, 8), np.uint8)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match=r"gatherer\.obs must be writeable"):
        cw.Batch("commons_harvest", arenas=2, buffers={"obs": frozen})
    flags = np.zeros(14, np.bool_)
    with pytest.raises(ValueError, match="overlaps another array"):
        cw.Batch("commons_harvest", arenas=2, buffers={"alive": flags, "on": flags})
    with pytest.raises(ValueError, match="'observation' is no array of gatherer; there are obs, own"):
        cw.Batch("commons_harvest", arenas=2, buffers={"observation": flags})
    with pytest.raises(ValueError, match="there is no group 'worker'; the groups are gatherer"):
        cw.Batch("commons_harvest", arenas=2, buffers={"worker": {"on": flags}})
    with pytest.raises(TypeError, match="buffers must be a dictionary"):
        cw.Batch("commons_harvest", arenas=2, buffers=[flags])  # type: ignore[arg-type]
    batch = cw.Batch("commons_harvest", arenas=2)
    batch.reward.flags.writeable = False
    with pytest.raises(ValueError, match=r"gatherer\.reward cannot be written"):
        batch.step()


def test_own_f32_is_the_own_vector_brought_to_about_one(name: str) -> None:
    batch = cw.Batch(name, arenas=2)
    for group in batch.groups.values():
        scaled = group.own_f32()
        assert (scaled.shape, scaled.dtype) == (group.own.shape, np.dtype(np.float32))
        assert np.array_equal(scaled, group.own.astype(np.float32) * group.own_scale)


def test_what_was_not_asked_for_is_missing_with_a_reason() -> None:
    batch = cw.Batch("commons_harvest", arenas=1, autoreset="disabled")
    with pytest.raises(AttributeError, match="masks=False"):
        _ = batch.mask
    with pytest.raises(AttributeError, match="same_step"):
        _ = batch.final_obs
    with pytest.raises(AttributeError, match="no such array"):
        _ = cw.Batch("commons_harvest", arenas=1, observe="none").obs
    with pytest.raises(ValueError, match="masks=False"):
        batch.step(out={"mask": np.zeros((7, 8), np.int8)})


def test_what_is_left_out_costs_and_changes_nothing(play: Play) -> None:
    bare = cw.Batch(
        "commons_harvest", arenas=3, buffers={member: None for member in WRITTEN if member != "reward"}
    )
    with pytest.raises(AttributeError, match=r"gatherer\.own: there is no such array in this batch"):
        _ = bare.own
    again = pickle.loads(pickle.dumps(bare))
    with pytest.raises(AttributeError):
        _ = again.own
    wanted = play(cw.Batch("commons_harvest", arenas=3), 20)
    assert np.array_equal(play(bare, 20), wanted)
    assert np.array_equal(play(again, 20), wanted)
    batch = cw.Batch("commons_harvest", arenas=3)
    before = batch.own.copy()
    batch.step(out={"own": None})
    assert np.array_equal(batch.own, before)


def test_text_is_a_list_of_rows() -> None:
    batch = cw.Batch("commons_harvest", arenas=2, observe="text")
    texts = batch.obs
    assert len(texts) == batch.rows
    for text in texts:
        blocks = [line.split()[0] for line in text.splitlines() if line[0].isupper()]
        assert blocks == ["TICK", "YOU", "MAP", "HEARD", "ACTIONS"]
        assert len(text.encode()) <= 2048
    with pytest.raises(ValueError, match="no such array"):
        batch.step(out={"obs": np.zeros((14, 1), np.uint8)})


def test_torch_style_views_share_memory() -> None:
    batch = cw.Batch("commons_harvest", arenas=2)
    view = np.from_dlpack(batch.obs)
    assert np.shares_memory(view, batch.obs)


def test_several_groups_are_reached_by_name_and_one_by_short_names() -> None:
    both = cw.Batch("switch_and_successor", arenas=2, control="all")
    assert len(both.groups) > 1
    with pytest.raises(ValueError, match=r"batch\.obs: this batch has \d+ groups") as refused:
        _ = both.obs
    for role in both.groups:
        assert role in str(refused.value)
        assert both[role].name == role
    with pytest.raises(KeyError, match='there is no group "nobody"'):
        both["nobody"]
    with pytest.raises(ValueError, match="groups"):
        both.step(out={"reward": np.zeros(1, np.float32)})
    nobody = cw.Batch("commons_harvest", arenas=2, control="none")
    assert nobody.groups == {}
    with pytest.raises(ValueError, match="controls no slots"):
        _ = nobody.obs
    nobody.step()
    assert nobody.tick.tolist() == [1, 1]


def test_render_draws_the_whole_map(name: str) -> None:
    batch = cw.Batch(name, arenas=2)
    picture = batch.render()
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 2
    text = batch.render(1, mode="ansi")
    *rows, legend = text.splitlines()
    height, width = picture.shape[0] // 8, picture.shape[1] // 8
    assert len(rows) == height
    assert {len(row) for row in rows} == {width}
    assert ("wall" in legend) >= ('"wall"' in cw.Scenario(name).source)
    with pytest.raises(ValueError, match="rgb_array"):
        batch.render(mode="human")  # type: ignore[arg-type]
    with pytest.raises(IndexError, match="there is no arena 2"):
        batch.render(2)
