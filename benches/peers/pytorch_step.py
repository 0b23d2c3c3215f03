"""Times PyTorch on the CPU: the full training step, or inference, of a torchvision ResNet.

The peer for this repository's own step benchmark: random data already in memory, so that only the arithmetic is compared.
A training step is zero_grad, forward, label-smoothed cross entropy, backward and an SGD step with momentum, in float32.
Prints one JSON line per batch size: the median's images per second, and every timed step's seconds.

Another busy process on the same cores makes PyTorch's threads wait for each other, up to forty times slower: measure only
where "load_before" is near zero.

    python benches/peers/pytorch_step.py --arch resnet50 --size 224 --batch 8 16 --threads 2 --steps 6 --warmup 2
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def peak_memory(reset: bool = False) -> int | None:
    """The most memory of the process since the last reset, where Linux tells."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def training_step(model: torch.nn.Module, x: torch.Tensor, labels: torch.Tensor) -> Callable[[], None]:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-5)
    model.train()

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels, label_smoothing=0.1).backward()
        optimizer.step()

    return step


def inference_step(model: torch.nn.Module, x: torch.Tensor) -> Callable[[], None]:
    model.eval()

    @torch.inference_mode()
    def step() -> None:
        model(x)

    return step


def seconds(step: Callable[[], None], warmup: int, steps: int) -> list[float]:
    times = []
    for _ in range(warmup + steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times[warmup:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="resnet50")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--mode", choices=["train", "infer"], default="train")
    args = parser.parse_args()

    load = round(os.getloadavg()[0], 2)
    torch.set_num_threads(args.threads)
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    for batch in args.batch:
        peak_memory(reset=True)
        torch.manual_seed(0)
        model = getattr(torchvision.models, args.arch)(weights=None).to(memory_format=layout)
        x = torch.randn(batch, 3, args.size, args.size).to(memory_format=layout)
        labels = torch.randint(1000, (batch,))
        step = training_step(model, x, labels) if args.mode == "train" else inference_step(model, x)
        times = seconds(step, args.warmup, args.steps)
        print(json.dumps({
            "peer": "pytorch",
            "torch": torch.__version__,
            "cpu": cpu_model(),
            "threads": torch.get_num_threads(),
            "load_before": load,
            "mode": args.mode,
            "arch": args.arch,
            "size": args.size,
            "batch": batch,
            "channels_last": args.channels_last,
            "images_per_second": round(batch / statistics.median(times), 3),
            "peak_memory_bytes": peak_memory(),
            "step_seconds": [round(t, 5) for t in times],
        }), flush=True)


if __name__ == "__main__":
    main()
