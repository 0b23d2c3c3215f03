"""Runs `bench_step` and `pytorch_step.py` in turn on the same cores: every network, mode, size and batch, in both of PyTorch's layouts.

Prints the JSON lines of both programs as they come, after one about the machine. Compare only lines of one run.

    cargo build --release --example bench_step
    python benches/peers/step_beside_pytorch.py --arch resnet50 --mode train infer --case 224:1,8,16 64:64
"""

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path

from pytorch_step import cpu_model

OURS = "target/release/examples/bench_step"
PEER = str(Path(__file__).with_name("pytorch_step.py"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=OURS, help="where bench_step is")
    parser.add_argument("--arch", nargs="+", default=["resnet50"])
    parser.add_argument("--mode", nargs="+", default=["train", "infer"])
    parser.add_argument("--case", nargs="+", default=["224:1,8,16", "64:64"], help="height of the images and batch sizes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4)
    args = parser.parse_args()
    print(json.dumps({"cpu": cpu_model(), "system": platform.system(), "threads": args.threads, "command": sys.argv[1:]}), flush=True)
    for arch in args.arch:
        for size, batches in (case.split(":") for case in args.case):
            for mode in args.mode:
                for batch in batches.split(","):
                    measure(args, arch, size, batch, mode)


def measure(args: argparse.Namespace, arch: str, size: str, batch: str, mode: str) -> None:
    """Each in a process of its own, so that its memory is that of this case."""
    steps = ["--steps", str(args.steps), "--warmup", "1", "--mode", mode]
    peer = [sys.executable, PEER, "--arch", arch, "--size", size, "--batch", batch, "--threads", str(args.threads), *steps]
    subprocess.run([*peer, "--channels-last"], check=True)
    ours = [args.program, "--device", "cpu", "--arch", arch, "--image-size", size, "--batch-size", batch, *steps]
    subprocess.run(ours, check=True, env={"RAYON_NUM_THREADS": str(args.threads)})
    subprocess.run(peer, check=True)


if __name__ == "__main__":
    main()
