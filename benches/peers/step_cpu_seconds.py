"""CPU seconds of one training or inference step, ours and PyTorch's, for a machine that others use at the same time.

Runs each benchmark on one thread with few and with more steps; the difference of the CPU time of the two processes, over the
difference of the steps, is the time of a step without its start. Waiting for a core does not count; caches that others emptied
do. Prints one JSON line per program.

    cargo build --release --example bench_step
    python benches/peers/step_cpu_seconds.py --batch 16
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = [str(ROOT / "target/release/examples/bench_step"), "--device", "cpu"]
PEER = [sys.executable, str(ROOT / "benches/peers/pytorch_step.py"), "--threads", "1"]
PROGRAMS = {
    "resnet": (OURS, "--batch-size"),
    "pytorch, channels last": ([*PEER, "--channels-last"], "--batch"),
    "pytorch": (PEER, "--batch"),
    "resnet, Burn's operations": ([*OURS, "--without-kernels"], "--batch-size"),
}


def cpu_seconds(command: list[str]) -> tuple[float, int]:
    """User and system time, and the peak memory in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"RAYON_NUM_THREADS": "1"})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command} failed: {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--mode", choices=["train", "infer"], default="train")
    parser.add_argument("--steps", type=int, nargs=2, default=[1, 3])
    parser.add_argument("--programs", nargs="+", default=list(PROGRAMS))
    args = parser.parse_args()
    few, more = args.steps
    for name in args.programs:
        command, batch = PROGRAMS[name]
        command = [*command, batch, str(args.batch), "--mode", args.mode, "--warmup", "1", "--steps"]
        load = os.getloadavg()[0]
        short, _ = cpu_seconds([*command, str(few)])
        long, peak = cpu_seconds([*command, str(more)])
        print(json.dumps({
            "program": name,
            "arch": "resnet50",
            "mode": args.mode,
            "size": 224,
            "batch": args.batch,
            "threads": 1,
            "load_before": round(load, 1),
            "cpu_seconds_per_step": round((long - short) / (more - few), 3),
            "peak_mib": peak,
        }), flush=True)


if __name__ == "__main__":
    main()
