"""What only the designer may see of a batch; kept apart, so that no observation gets it by accident."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from commonweal._core import Batch

__all__ = ["Audit", "audit"]


class Audit:
    """Hidden numbers of a batch, as they are when asked for."""

    def __init__(self, batch: Batch) -> None:
        """Look into `batch`."""
        self._batch = batch

    @property
    def channels(self) -> dict[str, NDArray[np.float32]]:
        """Rewards of the last tick by channel, hidden ones too: float32 (R,), new; of the one group."""
        groups = self.groups
        if len(groups) != 1:
            names = ", ".join(groups) or "none"
            raise ValueError(
                f"audit.channels: this batch has {len(groups)} groups ({names}); use audit.groups"
            )
        return next(iter(groups.values()))

    @property
    def groups(self) -> dict[str, dict[str, NDArray[np.float32]]]:
        """Rewards of the last tick by group, then by channel: float32 (R,), new arrays."""
        return self._batch._channels()


def audit(batch: Batch) -> Audit:
    """Look at what no policy may see.

    Parameters
    ----------
    batch : Batch
        The batch.

    Returns
    -------
    Audit
        Its `channels` are the rewards of all channels.
    """
    return Audit(batch)
