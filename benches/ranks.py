"""Times the steps of one rank and of two, one thread each, and what they spend on exchanges.

    cargo build --release --features mpi --example train_imagenet
    python benches/ranks.py [--model resnet50] [--side 64] [--images 8] [--steps 8] > RESULT.jsonl
    python benches/ranks.py --cable 1gbit        between two machines, which benches/two_machines.sh makes

and how long exchanges take by themselves, between processes, between threads, and over a cable:

    cargo build --release -p resnet-distributed --features mpi --example bench_exchange
    mpirun -np 2 target/release/examples/bench_exchange; target/release/examples/bench_exchange 2
    benches/two_machines.sh 1gbit -np 2 target/release/examples/bench_exchange

Without a cable every process is bound to a processor of its own; two threads of one process share two. A line is one
run; times are medians over its steps, the first two left out.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile

SPANS = ["wait for images", "forward", "backward", "exchange", "optimizer", "exchange of statistics"]


def launcher(ranks, by, options):
    """What starts the program, and with how many threads in a process."""
    if ranks == 1:
        return ["taskset", "-c", "0"], 1
    if by == "threads":
        return [], 2
    mpirun = ["mpirun"] if not options.cable else ["benches/two_machines.sh", options.cable]
    bind = "none" if options.cable else "core"
    return [*mpirun, "-np", str(ranks), "--bind-to", bind, "-x", "RAYON_NUM_THREADS"], 1


def run(ranks, by, images, options, more=()):
    """One run of `images` on each of `ranks`; rank 0's trace."""
    start, threads = launcher(ranks, by, options)
    with tempfile.TemporaryDirectory() as folder:
        command = [os.path.abspath(options.program), "--synthetic", "--device", "cpu", "--workers", "1"]
        command += ["--model", options.model, "--image-size", str(options.side), "--batch-size", str(images * ranks)]
        command += ["--max-steps", str(options.steps), "--profile", str(options.steps), "--model-dir", folder, *more]
        command += ["--num-gpus", str(ranks)] if by == "threads" else []
        root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), **root}
        subprocess.run(start + command, check=True, env=environment, stdout=subprocess.DEVNULL)
        with open(f"{folder}/trace.json") as file:
            events = json.load(file)["traceEvents"]
    spans = {name: [e["dur"] / 1e3 for e in events if e["name"] == name][2:] for name in SPANS}
    starts = [e["ts"] / 1e3 for e in events if e["name"] == "forward"]
    steps = [b - a for a, b in zip(starts, starts[1:])][2:]
    parts = {name: round(statistics.median(times), 2) for name, times in spans.items() if times}
    line = {"ranks": ranks, "by": by, "cable": options.cable, "images_per_rank": images, "flags": list(more)}
    step = {"step_ms": round(statistics.median(steps), 1), "parts_ms": parts, "steps": len(steps)}
    print(json.dumps({**line, **step}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="target/release/examples/train_imagenet")
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cable")
    options = parser.parse_args()
    print(json.dumps(vars(options)), flush=True)
    bf16 = ["--set", "train.exchange=bf16"]
    for _ in range(options.rounds):
        run(1, "process", options.images, options)
        for by in ["processes"] if options.cable else ["processes", "threads"]:
            run(2, by, options.images, options)
            run(2, by, options.images, options, bf16)
        if not options.cable:
            run(2, "processes", options.images // 2, options)
            run(2, "processes", options.images, options, ["--sync-batch-norm"])


main()
