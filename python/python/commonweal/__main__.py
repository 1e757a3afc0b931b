"""The command line, as ``python -m commonweal`` and as ``commonweal``."""

from __future__ import annotations

import signal
import sys
import threading

from commonweal import _core

__all__ = ["main"]


def main() -> int:
    """Run the command line with this process's arguments.

    Returns
    -------
    int
        The exit code.
    """
    if threading.current_thread() is threading.main_thread():
        # The engine returns to Python only when it is done: Ctrl-C ends the process, as with the native one.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _core.main(["commonweal", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
