"""Agent-steps a second through Python, beside the native engine and the hand-written loop in the same rounds.

    python bench/python_bench.py [--quick]

Needs the installed package `commonweal` and the programs that `cargo run --release -p commonweal-bench -- --quick` has
built. The loop in Python is what a trainer has: prepared actions, `batch.step(actions)`, rewards read. Rates are by
processor time of the process; ratios are medians of the rounds' ratios. A full run writes `results/python.json` and the
table in `README.md`.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import commonweal as cw
import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
HAND = ROOT / "target" / "bench-peers" / "handloop"
NATIVE = ROOT / "target" / "release" / "commonweal-bench"
ROWS = 61
VARIANTS = ("same", "codes", "none", "all")


def make(variant: str, arenas: int, threads: int) -> tuple[cw.Batch, list[np.ndarray]]:
    """A batch as the native bench builds it, and its prepared actions."""
    every = variant == "all"
    # The native bench asks for observations, rewards and ends, and for own vectors and masks with `all` only.
    left_out = ["alive", "on", "valid", "illegal", "final_obs", "final_own", *([] if every else ["own"])]
    batch = cw.Batch(
        "commons_harvest_bench",
        arenas=arenas,
        control="all",
        seed=7919,
        threads=threads,
        observe={"codes": "codes", "none": "none"}.get(variant, "symbolic"),
        masks=every,
        events=every,
        buffers=dict.fromkeys(left_out),
    )
    batch.reset()
    draw = np.random.default_rng(7919)
    rows = [draw.integers(0, len(batch.action_names), batch.rows, dtype=np.int32) for _ in range(ROWS)]
    return batch, rows


def rate(variant: str, arenas: int, threads: int, seconds: float) -> float:
    """Agent-steps a second of processor time, summed over threads."""
    batch, rows = make(variant, arenas, threads)

    def run(n: int) -> float:
        start = time.process_time()
        for tick in range(n):
            batch.step(rows[tick % ROWS])
        return time.process_time() - start

    n = 1
    while (took := run(n)) < 0.1 * seconds:
        n *= 2
    n = int(n * seconds / took) + 1
    return n * batch.rows / run(n) * threads


def native(variant: str, arenas: int, threads: int, seconds: float) -> float:
    """The same by the native bench."""
    command = [NATIVE, "--spin", variant, "--arenas", arenas, "--threads", threads, "--seconds", seconds]
    said = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout
    return float(said.split()[1]) * 1e6


def hand(variant: str, arenas: int, threads: int, seconds: float) -> float:
    """The hand-written loop."""
    command = [HAND, "--envs", max(arenas // threads, 1), "--workers", threads, "--reps", 1, "--seconds", seconds]
    command += ["--obs", 0 if variant == "none" else 1]
    said = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True).stdout
    return float(json.loads(said)["agent_steps_per_s"])


def main() -> int:
    """Measures and prints; writes the results of a full run."""
    quick = "--quick" in sys.argv[1:]
    for needed in (HAND, NATIVE):
        if not needed.exists():
            print(f"{needed} is missing: run `cargo run --release -p commonweal-bench -- --quick` first", file=sys.stderr)
            return 2
    rounds, seconds = (1, 0.1) if quick else (5, 0.4)
    sizes = (1, 64) if quick else (1, 64, 1024, 4096)
    found = []
    for threads in (1,) if quick else (1, 2):
        for arenas in (n for n in sizes if n >= threads):
            for variant in VARIANTS:
                arguments = (variant, arenas, threads, seconds)
                took = [(rate(*arguments), native(*arguments), hand(*arguments)) for _ in range(rounds)]
                row = {
                    "variant": variant,
                    "arenas": arenas,
                    "threads": threads,
                    "agent_steps_per_s": round(statistics.median(p for p, _, _ in took)),
                    "ratio_to_native": round(statistics.median(p / n for p, n, _ in took), 3),
                    "ratio_to_hand_loop": round(statistics.median(p / h for p, _, h in took), 3),
                }
                found.append(row)
                print(json.dumps(row), flush=True)
    if not quick:
        (HERE / "results" / "python.json").write_text(json.dumps(found, indent=1) + "\n")
        lines = ["| through Python | M agent-steps/s | to native | to the hand loop |", "|---|---|---|---|"]
        for r in found:
            name = f"`{r['variant']}`, {r['arenas']} arenas, {r['threads']} thread(s)"
            million = r["agent_steps_per_s"] / 1e6
            lines.append(f"| {name} | {million:.1f} | {r['ratio_to_native']:.2f} | {r['ratio_to_hand_loop']:.2f} |")
        page = (HERE / "README.md").read_text()
        marks = r"(<!-- python: [^>]*-->\n).*?(<!-- /python -->)"
        (HERE / "README.md").write_text(re.sub(marks, rf"\1{chr(10).join(lines)}\n\2", page, flags=re.S))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
