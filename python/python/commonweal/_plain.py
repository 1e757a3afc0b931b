"""Functions of plain arrays: how arguments reach the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal import _core


def call(name: str, **arguments: Any) -> Any:
    """Call a function of the engine by name; arguments that are `None` are left out."""
    given = {key: plain(key, value) for key, value in arguments.items() if value is not None}
    return _core._statistic(name, given)


def plain(name: str, value: Any) -> Any:
    """Give a number as float, an array as (nested) list of floats; what holds no numbers is a `TypeError`."""
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        array = np.asarray(value)
    except ValueError:
        # Rows of different lengths.
        return [plain(f"{name}[{i}]", row) for i, row in enumerate(value)]
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, not {type(value).__name__} of {array.dtype}")
    return array.astype(np.float64).tolist()


def vector(values: Any) -> NDArray[np.float64]:
    """Give a list of numbers as an array."""
    return np.asarray(values, np.float64)
