"""Plain records and exceptions; the engine makes them, nothing here computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Arm",
    "Bot",
    "Diagnostic",
    "Event",
    "InternalError",
    "Question",
    "Reach",
    "ScenarioError",
    "SnapshotError",
]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One slip in a scenario file: what is wrong, where, and what would be right."""

    code: str
    """Stable code, for example ``E103``; a code never changes its meaning."""
    severity: Literal["error", "warning"]
    """An error refuses the file, a warning does not."""
    file: str
    """The file, or the name under which a text was given."""
    line: int
    """Line, from 1."""
    column: int
    """Column in characters, from 1."""
    message: str
    """What is wrong."""
    help: str
    """What would be right; empty where nothing can be said."""

    def __str__(self) -> str:
        """Give the one-line form that compilers use."""
        where = f"{self.file}:{self.line}:{self.column}"
        end = f"; help: {self.help}" if self.help else ""
        return f"{where}: {self.severity}[{self.code}]: {self.message}{end}"


class ScenarioError(ValueError):
    """A scenario was refused; `diagnostics` holds everything that was found in it."""

    diagnostics: list[Diagnostic]

    def __init__(self, file: str, diagnostics: list[Diagnostic]) -> None:
        """Make the message from the findings, one a line."""
        self.file = file
        self.diagnostics = list(diagnostics)
        errors = sum(found.severity == "error" for found in diagnostics)
        plural = "error" if errors == 1 else "errors"
        lines = "\n".join(str(found) for found in diagnostics)
        super().__init__(f"{file}: {errors} {plural}\n{lines}")

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[str, list[Diagnostic]]]:
        """Pickle by the findings."""
        return (type(self), (self.file, self.diagnostics))


class SnapshotError(ValueError):
    """A snapshot is cut, corrupt, or of another scenario, arm or rules version."""


class InternalError(RuntimeError):
    """The engine broke one of its own rules: a bug, with what is needed to repeat it."""

    seed: int
    """Batch seed."""
    tick: int
    """Tick of the first arena when the call began."""

    def __init__(self, message: str, seed: int, tick: int) -> None:
        """Keep seed and tick beside the message."""
        super().__init__(message)
        self.seed = seed
        self.tick = tick

    def __reduce__(self) -> tuple[type[InternalError], tuple[str, int, int]]:
        """Pickle by what it was made from."""
        return (type(self), (str(self), self.seed, self.tick))


@dataclass(frozen=True, slots=True)
class Question:
    """What a scenario asks, in its author's words."""

    title: str
    asks: str
    hypothesis: str
    threat: str
    rules_in: str
    rules_out: str
    demand: str


@dataclass(frozen=True, slots=True)
class Arm:
    """A named variant of a scenario's parameters; arms differ in nothing else."""

    name: str
    """Name in the file."""
    kind: Literal["treatment", "control", "lookalike"]
    """Whether the question is put, not put, or the same act has a harmless reason."""
    says: str
    """What differs, in words."""
    cells: tuple[str, ...]
    """Names by which a `Batch` takes the arm's cells; one for an arm that spans no factor."""


@dataclass(frozen=True, slots=True)
class Bot:
    """A scripted policy of a scenario file."""

    name: str
    """Name in the file."""
    kind: Literal["positive", "negative", "lookalike", "resident", "baseline"]
    """Positive ones must be flagged by the measures, negative and look-alike ones must not."""
    says: str
    """What it does, in words."""
    role: str | None
    """Role that it is written for; None for any."""
    world: bool
    """Whether it senses the whole world, not only its window (residents only)."""


@dataclass(frozen=True, slots=True)
class Event:
    """A typed fact of one tick, attributed to whoever caused it."""

    arena: int
    """Arena in which it happened."""
    tick: int
    """Tick in which it happened."""
    name: str
    """Its name in the rules, for example ``eaten``."""
    actor: int | None
    """Slot of who caused it."""
    subject: int | None
    """Slot to whom it happened."""
    place: tuple[int, int] | None
    """Row and column in the map as written."""
    fields: tuple[str, ...]
    """All fields in order, as text."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What an exact search found; `Batch.search` gives one."""

    count: int
    """Distinct outcomes; a lower bound where `truncated`."""
    bits: float
    """log2 of the count."""
    truncated: bool
    """Whether the budget cut the search."""
    forks: int
    """Forks that were stepped."""
    outcomes: NDArray[np.uint64]
    """Hashes of the outcomes, ascending, uint64 (count,)."""
