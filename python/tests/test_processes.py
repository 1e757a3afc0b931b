"""Threads, processes and Ctrl-C: nothing hangs, nothing is shared that should not be."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import commonweal as cw
from conftest import actions_at


def hash_after(seed: int, ticks: int = 30, threads: int = 2) -> list[int]:
    """Hashes of a batch that is wide enough for threads."""
    batch = cw.Batch("commons_harvest", arenas=128, seed=seed, threads=threads)
    for tick in range(ticks):
        batch.step(actions_at(batch, tick))
    return [int(one) for one in batch.hash()]


def finish(batch: cw.Batch) -> list[int]:
    """Step a batch that came from another process."""
    for tick in range(30, 40):
        batch.step(actions_at(batch, tick))
    return [int(one) for one in batch.hash()]


def test_eight_threads_with_a_batch_each_give_what_one_gives() -> None:
    wanted = [hash_after(seed, ticks=12, threads=1) for seed in range(8)]
    found: list[list[int] | None] = [None] * 8

    def work(seed: int) -> None:
        found[seed] = hash_after(seed, ticks=12)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == wanted


def test_the_interpreter_runs_while_a_step_does() -> None:
    batch = cw.Batch("commons_harvest", arenas=4096, threads=1)
    counted = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal counted
        while not stop.is_set():
            counted += 1

    thread = threading.Thread(target=count)
    thread.start()
    batch.step()
    before = counted
    start = time.perf_counter()
    while time.perf_counter() - start < 0.3:
        batch.step()
    during = counted - before
    stop.set()
    thread.join()
    assert during > 1000


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_batches_cross_to_new_processes(method: str) -> None:
    batch = cw.Batch("commons_harvest", arenas=64, seed=2)
    for tick in range(30):
        batch.step(actions_at(batch, tick))
    with multiprocessing.get_context(method).Pool(1) as pool:
        theirs = pool.apply(finish, (batch,))
    assert theirs == finish(batch)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_fork_steps_on_with_threads_of_its_own() -> None:
    batch = cw.Batch("commons_harvest", arenas=128, threads=2)
    for tick in range(30):
        batch.step(actions_at(batch, tick))
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            os.write(write, repr(finish(batch)).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read) as pipe:
        theirs = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    assert theirs == repr(finish(batch))


LOOP = """
import signal, commonweal as cw
# Whoever started us in the background may have had the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
batch = cw.Batch("commons_harvest", arenas={arenas})
batch.step()
try:
    print("ready", flush=True)
    while True:
        batch.step()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    batch.step()
    print(int(batch.tick[0] >= 1), flush=True)
"""


def interrupted_after(arenas: int) -> float:
    """Seconds from Ctrl-C to KeyboardInterrupt in a program that steps for ever."""
    program = [sys.executable, "-c", LOOP.format(arenas=arenas)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        start = time.perf_counter()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        taken = time.perf_counter() - start
        assert process.stdout.readline() == "1\n"
        assert process.wait(30) == 0
    return taken


@pytest.mark.parametrize("arenas", [16, 4096])
def test_ctrl_c_ends_a_loop_of_steps_within_200_ms(arenas: int) -> None:
    # The best of some tries: another program may hold the processor in one of them.
    assert any(interrupted_after(arenas) < 0.2 for _ in range(5))


def ended_after() -> float:
    """Seconds from Ctrl-C to the end of the command in the middle of a long run."""
    program = [sys.executable, "-m", "commonweal", "run", "commons_harvest", "--seeds", "100000", "--json"]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(1.0)
        assert process.poll() is None
        start = time.perf_counter()
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
        taken = time.perf_counter() - start
    assert code != 0
    return taken


def test_ctrl_c_ends_the_command_within_200_ms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert any(ended_after() < 0.2 for _ in range(5))
    assert list(tmp_path.iterdir()) == []


def test_import_adds_little_to_numpy_and_gymnasium_and_brings_no_more() -> None:
    # Processor time of one run, as a ratio: another program may hold the processor meanwhile.
    program = (
        "import sys, time; a = time.process_time(); import numpy, gymnasium; b = time.process_time(); "
        "import commonweal; print((time.process_time() - b) / (b - a), *sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    words = [run.stdout.split() for run in runs]
    ratios, modules = [float(one[0]) for one in words], [set(one[1:]) for one in words]
    assert min(ratios) < 0.5
    assert not modules[0] & {"torch", "pandas", "pettingzoo"}


def test_the_command_is_that_of_the_native_program() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "commonweal", *arguments]
        return subprocess.run(program, capture_output=True, text=True, check=False)

    listed = run("list")
    assert listed.returncode == 0
    assert "commons_harvest" in listed.stdout
    assert run("check", "commons_harvest").returncode == 0
    assert run("check", "no/such/file.toml").returncode == 2
    assert run("nonsense").returncode == 2
    command = os.path.join(os.path.dirname(sys.executable), "commonweal")
    assert (
        subprocess.run([command, "list"], capture_output=True, text=True, check=True).stdout == listed.stdout
    )


def test_sizes_are_bounded_before_memory_is_asked_for() -> None:
    with pytest.raises(ValueError, match="arenas"):
        cw.Batch("commons_harvest", arenas=np.int64(2**62))
