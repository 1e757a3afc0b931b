"""Scenarios by name, path and text; what they tell; how a wrong one is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import commonweal as cw


def test_shipped_scenarios_are_listed_by_name() -> None:
    names = [scenario.id for scenario in cw.scenarios()]
    assert names == sorted(names)
    assert {"commons_harvest", "switch_and_successor"} <= set(names)


def test_a_scenario_tells_its_question_arms_and_bots(name: str) -> None:
    scenario = cw.Scenario(name)
    assert scenario.question.title
    assert scenario.question.asks.endswith("?")
    assert scenario.arms[0].kind == "treatment"
    assert "control" in {arm.kind for arm in scenario.arms}
    assert {"positive", "negative"} <= {bot.kind for bot in scenario.bots}
    assert all(arm.says for arm in scenario.arms)
    assert scenario.diagnostics == []
    assert repr(scenario) == f"<Scenario {name}: {scenario.question.title}>"


def test_arms_differ_in_their_hash_and_a_hash_is_stable(name: str) -> None:
    scenario = cw.Scenario(name)
    hashes = [scenario.hash(cell) for arm in scenario.arms for cell in arm.cells]
    assert len(set(hashes)) == len(hashes)
    assert scenario.hash() == cw.Scenario(name).hash(scenario.arms[0].name)
    assert len(hashes[0]) == 64
    with pytest.raises(ValueError, match="has no arm `nowhere`"):
        scenario.hash("nowhere")


def test_name_path_folder_and_text_are_the_same_scenario(tmp_path: Path) -> None:
    source = cw.Scenario("commons_harvest").source
    folder = tmp_path / "mine"
    folder.mkdir()
    file = folder / "mine.toml"
    file.write_text(source, encoding="utf-8")
    wanted = cw.Scenario("commons_harvest").hash()
    givens: list[str | Path] = [file, str(file), folder, str(folder), source]
    for given in givens:
        assert cw.Scenario(given).hash() == wanted
    assert cw.Scenario(file).id == cw.Scenario(folder).id == "mine"
    assert cw.Scenario(source).id == "scenario"


def test_a_scenario_pickles() -> None:
    scenario = cw.Scenario("switch_and_successor")
    again = pickle.loads(pickle.dumps(scenario))
    assert (again.id, again.source, again.hash()) == (scenario.id, scenario.source, scenario.hash())


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(ValueError, match=r'no shipped scenario is called "commons_harvst".*commons_harvest'):
        cw.Scenario("commons_harvst")
    with pytest.raises(TypeError, match="by name, path or text, not as int"):
        cw.Scenario(3)  # type: ignore[arg-type]


def test_a_missing_or_binary_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.toml cannot be read"):
        cw.Scenario(tmp_path / "nothing.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"binary\.toml is not UTF-8 text"):
        cw.Scenario(binary)


def test_a_wrong_text_is_refused_with_all_its_diagnostics() -> None:
    source = cw.Scenario("commons_harvest").source
    wrong = source.replace("ticks", "tiks").replace("treatment", "treatmnt")
    with pytest.raises(cw.ScenarioError) as refused:
        cw.Batch(wrong, arenas=1)
    error = refused.value
    assert isinstance(error, ValueError)
    assert len(error.diagnostics) >= 2
    for found in error.diagnostics:
        assert found.severity in {"error", "warning"}
        assert found.line >= 1
        assert found.column >= 1
        assert found.message
        assert str(found) in str(error)
    assert pickle.loads(pickle.dumps(error)).diagnostics == error.diagnostics


def test_check_says_what_a_scenario_error_says(name: str) -> None:
    assert cw.check(name) == []
    wrong = cw.Scenario(name).source + "\n[surprise]\nx = 1\n"
    found = cw.check(wrong)
    assert any(one.severity == "error" for one in found)
    with pytest.raises(cw.ScenarioError) as refused:
        cw.Scenario(wrong)
    assert refused.value.diagnostics == found
    last_line = wrong.count("\n")
    assert any(last_line - 2 <= one.line <= last_line for one in found)


@pytest.mark.parametrize("text", ["\n", "a\nb\n", "[[[\n", "\0\n\x7f\n", "x = 1\n" * 3])
def test_nonsense_is_refused_and_never_a_panic(text: str) -> None:
    with pytest.raises(cw.ScenarioError):
        cw.Scenario(text)
