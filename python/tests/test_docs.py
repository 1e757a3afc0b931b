"""Examples in docstrings and in the pages run as they stand."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import pytest
from pytest_examples import CodeExample, EvalExample, find_examples

import commonweal as cw
from commonweal import _core, zoo

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "python" / "README.md", ROOT / "docs" / "guide" / "training.md"]


def docstrings() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(recurse=False)
    objects = {"commonweal": cw, "commonweal.gym": cw.gym, "commonweal.zoo": zoo, "id_of": cw.gym.id_of}
    for name in cw.__all__:
        value = getattr(cw, name)
        objects[name] = value
        if isinstance(value, type):
            objects |= {f"{name}.{m}": getattr(value, m) for m in vars(value) if not m.startswith("_")}
    found = [
        finder.find(value, name, module=False) for name, value in objects.items() if hasattr(value, "__doc__")
    ]
    for module in (cw.stats, cw.measures):
        functions = {name: getattr(module, name) for name in module.__all__}
        found += [finder.find(f, name, module=False, globs=functions) for name, f in functions.items()]
    return [test for tests in found for test in tests if test.examples]


@pytest.mark.parametrize("test", docstrings(), ids=lambda test: test.name)
def test_docstring_examples_run(test: doctest.DocTest) -> None:
    outcome = doctest.DocTestRunner(verbose=False).run(test)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_some_docstrings_have_examples() -> None:
    names = {test.name for test in docstrings()}
    assert {"commonweal", "Batch", "Scenario", "scenarios", "stats", "measures"} <= names
    functions = {n for module in (cw.stats, cw.measures) for n in module.__all__ if n.islower()}
    assert functions <= names


@pytest.mark.parametrize("example", list(find_examples(*map(str, PAGES))), ids=str)
def test_examples_of_the_pages_run(example: CodeExample, eval_example: EvalExample) -> None:
    if example.prefix.startswith("python"):
        eval_example.run_print_check(example)


@pytest.mark.parametrize("name", [n for n in cw.__all__ if not n.startswith("_") and n != "RULES_VERSION"])
def test_everything_public_is_documented(name: str) -> None:
    value = getattr(cw, name)
    assert value.__doc__
    if isinstance(value, type) and value.__module__ == "commonweal":
        fields = getattr(value, "__dataclass_fields__", {})
        members = [m for m in vars(value) if not m.startswith("_") and m not in fields]
        undocumented = [m for m in members if not (getattr(value, m).__doc__ or "").strip()]
        assert undocumented == []


def test_signatures_are_those_that_the_docs_give() -> None:
    assert str(inspect.signature(cw.Batch)) == (
        "(scenario, arenas=1024, arm='treatment', arms=None, control='focal', domain='train', seed=0, "
        "first=0, threads=None, observe='symbolic', masks=False, autoreset='same_step', buffers=None, "
        "policies=None, events=False)"
    )
    assert str(inspect.signature(_core.Batch.step)) == "(self, /, actions=None, out=None)"
