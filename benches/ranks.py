"""Times the steps of one process and of two under mpirun, one thread each, and what they spend on exchanges.

    cargo build --release --features mpi --example train_imagenet
    python benches/ranks.py [--model resnet50] [--side 64] [--images 8] [--steps 8] > RESULT.jsonl

and how long exchanges take by themselves, between processes and between threads:

    cargo build --release -p resnet-distributed --features mpi --example bench_exchange
    mpirun -np 2 target/release/examples/bench_exchange; target/release/examples/bench_exchange 2

Every process is bound to a processor of its own. A line is one run; times are medians over its steps, the first two left out.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile

SPANS = ["wait for images", "forward", "backward", "exchange", "optimizer", "exchange of statistics"]


def run(ranks, images, options, more=()):
    """One run of `images` on each of `ranks`; rank 0's trace."""
    with tempfile.TemporaryDirectory() as folder:
        command = [options.program, "--synthetic", "--device", "cpu", "--workers", "1"]
        command += ["--model", options.model, "--image-size", str(options.side), "--batch-size", str(images * ranks)]
        command += ["--max-steps", str(options.steps), "--profile", str(options.steps), "--model-dir", folder, *more]
        launcher = ["mpirun", "-np", str(ranks), "--bind-to", "core"] if ranks > 1 else ["taskset", "-c", "0"]
        root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        environment = {**os.environ, "RAYON_NUM_THREADS": "1", **root}
        subprocess.run(launcher + command, check=True, env=environment, stdout=subprocess.DEVNULL)
        with open(f"{folder}/trace.json") as file:
            events = json.load(file)["traceEvents"]
    spans = {name: [e["dur"] / 1e3 for e in events if e["name"] == name][2:] for name in SPANS}
    starts = [e["ts"] / 1e3 for e in events if e["name"] == "forward"]
    steps = [b - a for a, b in zip(starts, starts[1:])][2:]
    parts = {name: round(statistics.median(times), 2) for name, times in spans.items() if times}
    line = {"ranks": ranks, "images_per_rank": images, "flags": list(more), "step_ms": round(statistics.median(steps), 1)}
    print(json.dumps({**line, "parts_ms": parts, "steps": len(steps)}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="target/release/examples/train_imagenet")
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    print(json.dumps(vars(options)), flush=True)
    for _ in range(options.rounds):
        run(1, options.images, options)
        run(2, options.images, options)
        run(2, options.images // 2, options)
        run(2, options.images, options, ["--sync-batch-norm"])


main()
